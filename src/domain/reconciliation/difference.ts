/** Every way in which we and a broker can disagree, each with its facts. Plain data. */
import type { DecimalText } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Execution, TimeInForce } from "../order.ts";

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
  /** Open here, and the broker knows nothing of it. */
  | { kind: "order_missing_there"; orderId: string; instrument: InstrumentId; ours: string }
  | {
      kind: "order_filled_differs" | "order_quantity_differs";
      orderId: string;
      instrument: InstrumentId;
      /** Without what a person executed of it by another order of the broker. */
      ours: DecimalText;
      theirs: DecimalText;
      /** That part; left out where there is none. */
      byHand?: DecimalText;
    }
  /** Both say that it stands. */
  | {
      kind: "order_left_open";
      orderId: string;
      instrument: InstrumentId;
      timeInForce: TimeInForce;
      filled: DecimalText;
      quantity: DecimalText;
    }
  /** Standing at the broker and placed past us. */
  | {
      kind: "external_order";
      /** Whose id that is, nobody here knows. */
      clientOrderId: string | null;
      brokerOrderId: string;
      instrument: InstrumentId;
    }
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
    case "order_missing_there":
    case "order_filled_differs":
    case "order_quantity_differs":
    case "order_left_open":
      return difference.orderId;
    case "external_order":
      return difference.brokerOrderId;
    case "position_differs":
      return difference.instrument;
    case "funds_differ":
      return difference.currency;
  }
}
