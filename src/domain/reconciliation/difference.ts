/** Every way in which we and a broker can disagree, each with its facts. Plain data. */
import type { DecimalText } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Execution } from "../order.ts";

export type Difference =
  /** The broker executed it, and we never booked it. */
  | { kind: "missing_here"; execution: Execution }
  /** We booked it, and the broker does not tell of it. */
  | { kind: "missing_there"; execution: Execution }
  | { kind: "quantity_differs"; ours: Execution; theirs: Execution }
  | { kind: "price_differs"; ours: Execution; theirs: Execution }
  | {
      kind: "state_differs";
      orderId: string;
      instrument: InstrumentId;
      ours: string;
      theirs: string;
    }
  /** Standing at the broker and placed past us. */
  | { kind: "external_order"; brokerOrderId: string; instrument: InstrumentId }
  /** Booked here as traded past us. */
  | { kind: "external_fill"; execution: Execution }
  | {
      kind: "position_differs";
      instrument: InstrumentId;
      ours: DecimalText;
      theirs: DecimalText;
    }
  | { kind: "funds_differ"; currency: string; ours: DecimalText; theirs: DecimalText };

/** What a difference is about, the same however often it is found. */
export function subjectOf(difference: Difference): string {
  switch (difference.kind) {
    case "missing_here":
    case "missing_there":
    case "external_fill":
      return difference.execution.executionId;
    case "quantity_differs":
    case "price_differs":
      return difference.theirs.executionId;
    case "state_differs":
      return difference.orderId;
    case "external_order":
      return difference.brokerOrderId;
    case "position_differs":
      return difference.instrument;
    case "funds_differ":
      return difference.currency;
  }
}
