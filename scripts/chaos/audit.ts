/**
 * Whether the books agree once the dust has settled: what algos were answered, our ledger, our tradebook
 * in D1, and the exchange's own rows. Pure: rows in, sentences out; an empty list is what is wanted.
 */
import { decimal, decimalText, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import type { OrderState } from "../../src/domain/order.ts";
import { isTerminal } from "../../src/domain/order-state.ts";

export interface LedgerOrder {
  clientOrderId: string;
  instrument: string;
  side: "buy" | "sell";
  state: OrderState;
  filledQuantity: string;
}

export interface BrokerRow {
  clientOrderId: string;
  state: string;
  filledQuantity: string;
}

export interface ExecutionFact {
  executionId: string;
  clientOrderId: string;
  instrument: string;
  side: "buy" | "sell";
  quantity: string;
}

export interface Books {
  asked: readonly { clientOrderId: string; answer: string; code: string | null }[];
  ledger: readonly LedgerOrder[];
  /** Rows of the tradebook. */
  tradebook: readonly { clientOrderId: string; state: string; filledQuantity: string }[];
  tradebookExecutions: readonly ExecutionFact[];
  openDeadLetters: readonly string[];
  positions: readonly { instrument: string; quantity: string }[];
  broker: readonly BrokerRow[];
  brokerExecutions: readonly ExecutionFact[];
  brokerPositions: readonly { instrument: string; quantity: string }[];
  /** Orders that reached the exchange a second time. */
  duplicates: number;
}

/** States in which an order may stand for long: at the exchange, or ended, or with people. */
const SETTLED: ReadonlySet<OrderState> = new Set([
  "new",
  "pending_trigger",
  "partially_filled",
  "replaced",
  "dead_lettered",
]);

const LIVE_AT_BROKER: ReadonlySet<string> = new Set(["new", "pending_trigger", "partially_filled"]);

/** States of ours that say the order stands at the exchange. */
const LIVE_HERE: ReadonlySet<OrderState> = new Set([
  "new",
  "pending_trigger",
  "partially_filled",
  "replaced",
]);

export function violations(books: Books): string[] {
  return [
    ...nothingLost(books),
    ...settled(books),
    ...tradebookAgrees(books),
    ...brokerAgrees(books),
    ...executionsAgree(books),
    ...positionsAgree(books),
    ...(books.duplicates > 0 ? [`${books.duplicates} orders reached the exchange twice`] : []),
  ];
}

function nothingLost({ asked, ledger }: Books): string[] {
  const known = new Set(ledger.map(({ clientOrderId }) => clientOrderId));
  return asked.flatMap(({ clientOrderId, answer, code }) => {
    if (answer === "open") return [`${clientOrderId} never got an answer`];
    if (answer === "accepted" && code !== null) return [`${clientOrderId} was answered ${code}`];
    return answer === "accepted" && !known.has(clientOrderId)
      ? [`${clientOrderId} was accepted, and is gone`]
      : [];
  });
}

function settled({ ledger, openDeadLetters }: Books): string[] {
  const desk = new Set(openDeadLetters);
  return ledger.flatMap(({ clientOrderId, state }) => {
    if (!isTerminal(state) && !SETTLED.has(state)) return [`${clientOrderId} is left in ${state}`];
    const isLost = state === "dead_lettered" && !desk.has(clientOrderId);
    return isLost ? [`${clientOrderId} is dead_lettered, but not on the desk`] : [];
  });
}

function tradebookAgrees({ ledger, tradebook }: Books): string[] {
  const rows = new Map(tradebook.map((row) => [row.clientOrderId, row]));
  return ledger.flatMap(({ clientOrderId, state, filledQuantity }) => {
    const row = rows.get(clientOrderId);
    if (!row) return [`${clientOrderId} is not in the tradebook`];
    return row.state === state && decimal(row.filledQuantity).eq(filledQuantity)
      ? []
      : [
          `${clientOrderId} is ${state}, filled ${filledQuantity}; in the tradebook ${row.state}, filled ${row.filledQuantity}`,
        ];
  });
}

function brokerAgrees({ ledger, broker }: Books): string[] {
  const ours = new Map(ledger.map((order) => [order.clientOrderId, order]));
  const theirs = new Map(broker.map((row) => [row.clientOrderId, row]));
  const unknown = broker
    .filter(({ clientOrderId }) => !ours.has(clientOrderId))
    .map(
      ({ clientOrderId }) => `${clientOrderId} stands at the exchange, and nobody here knows it`,
    );
  const differing = ledger.flatMap((order) => {
    const problem = differs(order, theirs.get(order.clientOrderId));
    return problem === null ? [] : [`${order.clientOrderId} is ${order.state}, but ${problem}`];
  });
  return [...unknown, ...differing];
}

function differs(order: LedgerOrder, row: BrokerRow | undefined): string | null {
  const there = row?.state ?? "nowhere";
  if (row && !decimal(row.filledQuantity).eq(order.filledQuantity))
    return `the exchange filled ${row.filledQuantity}, not ${order.filledQuantity}`;
  if (LIVE_HERE.has(order.state)) return LIVE_AT_BROKER.has(there) ? null : `there it is ${there}`;
  switch (order.state) {
    case "denied":
      return there === "nowhere" ? null : `there it is ${there}`;
    case "filled":
    case "expired":
      return there === order.state ? null : `there it is ${there}`;
    case "canceled":
    case "rejected":
      return there === "nowhere" || there === order.state ? null : `there it is ${there}`;
    case "unknown":
    case "pending_new":
    case "pending_cancel":
    case "pending_replace":
    case "suspended":
    case "dead_lettered":
    case "new":
    case "pending_trigger":
    case "partially_filled":
    case "replaced":
      // What stands was judged above, what moves is a violation of its own, and what lies with
      // people may be anything: that is why it lies there.
      return null;
  }
}

/** How often each execution is told, by all that it says. */
const count = (rows: readonly ExecutionFact[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { executionId, clientOrderId, quantity } of rows) {
    const key = `${executionId} of ${clientOrderId}, ${decimalText(decimal(quantity))}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

function executionsAgree({ tradebookExecutions, brokerExecutions }: Books): string[] {
  const ours = count(tradebookExecutions);
  const theirs = count(brokerExecutions);
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((key) => {
    const [here, there] = [ours.get(key) ?? 0, theirs.get(key) ?? 0];
    return here === there ? [] : [`execution ${key}: ${there} at the exchange, ${here} here`];
  });
}

const sums = (rows: readonly { instrument: string; quantity: string }[]) => {
  const by = new Map<string, Decimal>();
  for (const { instrument, quantity } of rows)
    by.set(instrument, (by.get(instrument) ?? ZERO).plus(quantity));
  return by;
};

function positionsAgree({ positions, brokerPositions }: Books): string[] {
  const ours = sums(positions);
  const theirs = sums(brokerPositions);
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((instrument) => {
    const [here, there] = [ours.get(instrument) ?? ZERO, theirs.get(instrument) ?? ZERO];
    return here.eq(there)
      ? []
      : [`${instrument}: the exchange holds ${there.toFixed()}, the ledger ${here.toFixed()}`];
  });
}
