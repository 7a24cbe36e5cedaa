/** What the desk asks of a gateway, and why it may be refused. */
import type { DecimalText } from "../domain/decimal.ts";

/** What a person says they did at the broker for a dead letter. */
export interface HandExecution {
  brokerOrderId: string;
  quantity: DecimalText;
  price: DecimalText;
  /** Of the price. */
  currency: string;
  by: string;
  reason: string;
}

/** Why the desk cannot do it. */
export type DeskProblem =
  | { kind: "absent" }
  /** It is not, or no longer: the fresh look found it, or somebody was faster. */
  | { kind: "not_on_desk" }
  | { kind: "at_broker" }
  /** Something about it is just under way; the same call a moment later is answered. */
  | { kind: "moving" }
  /** That order of the broker belongs to another order, or was given with other figures. */
  | { kind: "broker_order_taken" }
  | { kind: "other_trade"; shown: string }
  | { kind: "too_much"; open: DecimalText }
  | { kind: "broker_has_more"; executed: DecimalText };
