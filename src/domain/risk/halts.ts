/** Which orders a halt is against: those from before it. What was approved after it closes what is under it. */
import type { Order } from "../order.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import type { TradingStateRecord } from "./state.ts";

/** An order placed past us may have rested for long when it is adopted: its time at the broker counts, too. */
export const isFromBefore = (
  { version, since }: Pick<TradingStateRecord, "version" | "since">,
  { algoId, ledgerVersion, createdAt }: Pick<Order, "algoId" | "ledgerVersion" | "createdAt">,
): boolean => ledgerVersion < version || (algoId === EXTERNAL_ALGO && createdAt < since);
