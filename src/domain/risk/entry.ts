/** An order as the ledger begins to hold it. */
import { decimal, ZERO } from "../decimal.ts";
import type { Order } from "../order.ts";
import type { UnitRisk } from "./money-at-risk.ts";
import type { LedgerOrder } from "./state.ts";

/** Before anything happened to it. */
export const newEntry = (order: Order, unit: UnitRisk): LedgerOrder => ({
  order,
  quantity: decimal(order.quantity),
  filled: ZERO,
  fillCost: ZERO,
  unit,
  original: {
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    stopPrice: order.stopPrice,
  },
  untriggered: false,
  placedAt: null,
  label: null,
  attempts: 0,
  asked: null,
  cancelWished: false,
  commitment: null,
  share: null,
  ended: ZERO,
});
