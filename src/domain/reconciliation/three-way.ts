/**
 * The day's books three ways: our tradebook, the broker's executions, and the broker's positions and
 * funds. Pure: the answers come in, and a report with its repairs goes out. Repairing what it says and
 * comparing again finds nothing to repair.
 */
import { unreachable } from "../assert.ts";
import { decimalText, ZERO } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Execution } from "../order.ts";
import {
  compareExecutions,
  compareFunds,
  signedQuantity,
  sumByInstrument,
  type Quantity,
} from "./compare.ts";
import type { Difference } from "./difference.ts";
import { GIVEN_BACK_PREFIX, HAND_PREFIX, INFERRED_PREFIX } from "./synthetic-id.ts";

export interface DayBooks {
  /** Our tradebook of the day. */
  ours: readonly Execution[];
  /** Those of them that are kept under the algo `external`, by id. */
  external: ReadonlySet<string>;
  /** The broker's of the same time. */
  theirs: readonly Execution[];
  /** Our ledger's positions now, a row for each algo. */
  ledger: readonly Quantity[];
  /** The broker's positions now. */
  positions: readonly Quantity[];
  funds: readonly { currency: string; total: string }[];
  /** The funds of the last report; null when there was none. */
  fundsBefore: readonly { currency: string; total: string }[] | null;
  /** Whether anything was executed since those funds and before the day: that may have moved them, too. */
  tradedBefore: boolean;
}

/** What brings our tradebook to agree. */
export type Repair =
  | { kind: "add"; execution: Execution }
  | { kind: "correct"; before: Execution; after: Execution };

export interface Compared {
  instrument: InstrumentId;
  /** Carried forward from our own ledger: positions older than the day need no history. */
  opening: string;
  ours: string;
  byBrokerExecutions: string;
  brokerPosition: string;
}

export interface Finding {
  difference: Difference;
  outcome: "repaired" | "noted" | "unresolved";
}

export interface ThreeWay {
  findings: Finding[];
  repairs: Repair[];
  positions: Compared[];
}

export function threeWay(books: DayBooks): ThreeWay {
  const { external, theirs, ledger, positions, funds, fundsBefore } = books;
  const ours = withoutReplaced(books.ours);
  const executions = compareExecutions(ours, theirs);
  const repairs = executions.flatMap(repairOf);
  const repaired = applyRepairs(ours, repairs);
  const compared = comparePositionsThreeWays(repaired, theirs, ledger, positions);
  const traded = books.tradedBefore || books.ours.length > 0 || theirs.length > 0;
  const moved = fundsBefore === null ? [] : compareFunds(fundsBefore, funds, traded);
  const given = new Set(ours.filter(isGivenBack).map(({ executionId }) => executionId));
  const outside = theirs
    .filter(({ executionId }) => external.has(executionId))
    .filter(({ executionId }) => !given.has(`${GIVEN_BACK_PREFIX}${executionId}`))
    .map((execution): Difference => ({ kind: "external_fill", execution }));
  const apart = compared
    .filter((each) => each.ours !== each.brokerPosition || each.ours !== each.byBrokerExecutions)
    .map(({ instrument, ours: have, brokerPosition, byBrokerExecutions }): Difference => ({
      kind: "position_differs",
      instrument,
      ours: have,
      theirs: have === brokerPosition ? byBrokerExecutions : brokerPosition,
    }));
  const differences = [...executions, ...outside, ...apart, ...moved];
  const findings = differences.map((difference) => ({
    difference,
    outcome: outcomeOf(difference),
  }));
  return { findings, repairs, positions: compared };
}

/** The broker's word stands for what it executed. What only we have nobody can repair by himself. */
function repairOf(difference: Difference): Repair[] {
  switch (difference.kind) {
    case "missing_here":
      return [{ kind: "add", execution: difference.execution }];
    case "quantity_differs":
    case "price_differs": {
      const { ours, theirs } = difference;
      // Whose order it is, is ours to say.
      const after = { ...theirs, clientOrderId: ours.clientOrderId };
      return [{ kind: "correct", before: ours, after }];
    }
    case "missing_there":
    case "state_differs":
    case "order_missing_there":
    case "order_filled_differs":
    case "order_quantity_differs":
    case "order_left_open":
    case "external_order":
    case "external_fill":
    case "position_differs":
    case "funds_differ":
      return [];
    default:
      return unreachable(difference);
  }
}

function outcomeOf(difference: Difference): Finding["outcome"] {
  if (difference.kind === "external_fill") return "noted";
  return repairOf(difference).length > 0 ? "repaired" : "unresolved";
}

/** The tradebook as the repairs leave it. */
export function applyRepairs(ours: readonly Execution[], repairs: readonly Repair[]): Execution[] {
  const book = new Map(ours.map((execution) => [execution.executionId, execution]));
  for (const repair of repairs) {
    const execution = repair.kind === "add" ? repair.execution : repair.after;
    book.set(execution.executionId, execution);
  }
  return [...book.values()];
}

/**
 * The opening position is what our ledger has now, less what our tradebook of the day did. The broker's
 * executions and then its positions have to lead to the same end.
 */
function comparePositionsThreeWays(
  ours: readonly Execution[],
  theirs: readonly Execution[],
  ledger: readonly Quantity[],
  positions: readonly Quantity[],
): Compared[] {
  const now = sumByInstrument(ledger);
  const there = sumByInstrument(positions);
  const byUs = sumByInstrument(rowsOf(ours));
  // Ours that the broker will never tell of, and that stand for what it does tell of.
  const byThem = sumByInstrument(rowsOf(standIns(ours, theirs)));
  const instruments = new Set([...now.keys(), ...there.keys(), ...byUs.keys(), ...byThem.keys()]);
  return [...instruments].sort(byText).map((instrument) => {
    const have = now.get(instrument) ?? ZERO;
    const opening = have.minus(byUs.get(instrument) ?? ZERO);
    return {
      instrument,
      opening: decimalText(opening),
      ours: decimalText(have),
      byBrokerExecutions: decimalText(opening.plus(byThem.get(instrument) ?? ZERO)),
      brokerPosition: decimalText(there.get(instrument) ?? ZERO),
    };
  });
}

/** The broker's executions, but where a person's booking stands for them: there, ours are the measure. */
function standIns(ours: readonly Execution[], theirs: readonly Execution[]): Execution[] {
  const known = new Map(ours.map((each) => [each.executionId, each]));
  const hands = ours.filter(isByHand);
  const handled = new Set(hands.map(({ brokerOrderId }) => brokerOrderId));
  const told = theirs.flatMap((each) => {
    if (!handled.has(each.brokerOrderId)) return [each];
    const mine = known.get(each.executionId);
    return mine ? [mine] : [];
  });
  // What was adopted before the person spoke is in both books, and is taken out of ours again.
  return [...told, ...hands, ...ours.filter(isGivenBack)];
}

/** Inferred fills that the real ones have replaced whole: they and what took them back are nothing. */
function withoutReplaced(ours: readonly Execution[]): Execution[] {
  const inferred = ours.filter(isInferred);
  const rest = sumByInstrument(rowsOf(inferred));
  return ours.filter((each) => !isInferred(each) || !rest.get(each.instrument)?.eq(ZERO));
}

const rowsOf = (rows: readonly Execution[]): Quantity[] =>
  rows.map((row) => ({ instrument: row.instrument, quantity: signedQuantity(row) }));

const isInferred = ({ executionId }: Execution): boolean => executionId.startsWith(INFERRED_PREFIX);

const isGivenBack = ({ executionId }: Execution): boolean =>
  executionId.startsWith(GIVEN_BACK_PREFIX);

const isByHand = ({ executionId }: Execution): boolean => executionId.startsWith(HAND_PREFIX);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A difference in a sentence for a person. */
export function differenceText({ difference }: Finding): string {
  switch (difference.kind) {
    case "missing_here":
      return `The broker executed ${tradeText(difference.execution)}, and our tradebook had no such row.`;
    case "missing_there": {
      const inferred = difference.execution.executionId.startsWith(INFERRED_PREFIX);
      const why = inferred ? "It was inferred from the broker's position." : "";
      return `Our tradebook has ${tradeText(difference.execution)}, which the broker does not tell of. ${why}`.trim();
    }
    case "quantity_differs":
    case "price_differs":
      return `We had ${tradeText(difference.ours)}, the broker says ${tradeText(difference.theirs)}.`;
    case "state_differs":
      return `Order ${difference.orderId} is ${difference.ours} here and ${difference.theirs} at the broker.`;
    case "order_missing_there":
      return `Order ${difference.orderId} is ${difference.ours} here, and the broker does not tell of it.`;
    case "order_filled_differs":
      return `Order ${difference.orderId} has filled ${difference.ours} here${besideHand(difference)} and ${difference.theirs} at the broker.`;
    case "order_quantity_differs":
      return `Order ${difference.orderId} is of ${difference.ours} here${besideHand(difference)} and of ${difference.theirs} at the broker.`;
    case "order_left_open":
      return `Order ${difference.orderId} (${difference.timeInForce}) still stands at the broker; ${difference.filled} of ${difference.quantity} has filled.`;
    case "external_order":
      return `Order ${difference.brokerOrderId} stands at the broker and did not leave from here.`;
    case "external_fill":
      return `${tradeText(difference.execution)} was traded past the platform and is kept under external.`;
    case "position_differs":
      return `Our position in ${difference.instrument} is ${difference.ours}, the broker's is ${difference.theirs}.`;
    case "funds_differ":
      return `Funds in ${difference.currency} went from ${difference.ours} to ${difference.theirs} without a trade.`;
    default:
      return unreachable(difference);
  }
}

const besideHand = ({ byHand }: { byHand?: string }): string =>
  byHand === undefined ? "" : `, beside ${byHand} that a person executed,`;

const tradeText = ({ side, quantity, instrument, price, executionId }: Execution): string =>
  `${side} ${quantity} ${instrument} at ${price} (${executionId})`;
