/** What the ledger's outbox hands to the tradebook: rows that say the whole, so that writing one twice is once. */
import type { DecimalText } from "../domain/decimal.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { DeadLetterLabel, Execution, Order } from "../domain/order.ts";
import type { Incident } from "./reconcile-port.ts";

/** A row of the tradebook as the ledger's outbox carries it. Writing one twice is the same as once. */
export type TradebookRow =
  | { kind: "order"; order: Order }
  /** One event of an order's life; `body` is its JSON text. */
  | { kind: "order_event"; clientOrderId: string; at: number; eventId: string | null; body: string }
  | { kind: "execution"; execution: Execution; algoId: string }
  | {
      kind: "position_day";
      day: string;
      algoId: string;
      instrument: InstrumentId;
      account: string;
      quantity: DecimalText;
      averagePrice: DecimalText | null;
      realisedProfit: DecimalText;
    }
  | {
      kind: "risk_day";
      day: string;
      algoId: string;
      instrument: InstrumentId;
      /** In the base currency. */
      moneyAtRiskMax: DecimalText;
      notionalMax: DecimalText;
      realisedProfit: DecimalText;
    }
  | {
      kind: "dead_letter";
      order: Order;
      label: DeadLetterLabel;
      reason: string;
      attempts: number;
      status: "open" | "closed";
    }
  | { kind: "incident"; incident: Incident }
  | {
      kind: "audit";
      by: string;
      action: string;
      subject: string;
      before: unknown;
      after: unknown;
      reason: string | null;
      at: number;
    };

export interface TradebookPort {
  /**
   * Idempotent upserts, oldest first; `version` is the ledger's, and an older version never
   * overwrites a newer row. All of the batch or nothing.
   */
  write(rows: { version: number; row: TradebookRow }[]): Promise<void>;
}
