/**
 * A bracket as plain data: an entry, and for what has filled of it pairs of exits, a stop and a target,
 * one of which takes the other back. Pure: it is told what stands and says what is to be done. Every
 * event tells a whole figure, so that one told twice changes nothing and a lost one is made good by the next.
 */
import {
  decimal,
  decimalText,
  maxDecimal,
  ZERO,
  type Decimal,
  type DecimalText,
} from "./decimal.ts";
import { derivedOrderId } from "./derived-id.ts";

/** Where the exits of an entry stand. */
export interface BracketTerms {
  stopPrice: DecimalText;
  /** With it the stop becomes a limit order when it triggers; null sends it to the market. */
  stopLimitPrice: DecimalText | null;
  targetPrice: DecimalText;
}

export type LegName = "stop" | "target";

/** What makes an order an exit of a bracket: whose, in which pair, and which of the two. */
export interface BracketExit {
  entry: string;
  pair: number;
  leg: LegName;
}

export interface Leg {
  /** `due`: not placed yet. `failed`: it never stood at the broker, and will not. */
  status: "due" | "open" | "ended" | "failed";
  /** Whole quantity at the broker, its fills included. */
  quantity: DecimalText;
  filled: DecimalText;
  /** People were told that it is not there though it should be. */
  told: boolean;
  /** People were told that it is not there yet; it is asked for again. */
  waitTold?: true;
}

/** Exits for one part of the entry's fill. */
export interface BracketPair {
  number: number;
  quantity: DecimalText;
  stop: Leg;
  target: Leg;
  /** What both have closed together beyond it, as far as people were told. */
  beyondTold?: DecimalText;
}

export interface Bracket {
  entry: string;
  filled: DecimalText;
  /** What of that no exit is for: it closed a position the other way, or was closed by another order. Left out while there is none. */
  closedOtherwise?: DecimalText;
  /** When that was last found, ms since 1970 by the broker's clock. */
  closedAt?: number;
  entryEnded: boolean;
  pairs: BracketPair[];
}

export type BracketEvent =
  | { kind: "entry"; filled: DecimalText; ended: boolean }
  | {
      kind: "leg";
      pair: number;
      leg: LegName;
      status: "open" | "ended" | "failed";
      quantity: DecimalText;
      filled: DecimalText;
    }
  /**
   * The pair can close no more than `most` from now on. What is beyond that was closed otherwise, as was found at
   * `closedAt`; where it is null, it may be there to be closed later, and gets a pair of its own, which waits.
   */
  | { kind: "most"; pair: number; most: DecimalText; closedAt: number | null }
  /** A fill from before that was told of only now: that much was not closed otherwise. */
  | { kind: "late"; quantity: DecimalText };

export type BracketAction =
  | { kind: "place"; pair: number; leg: LegName; quantity: DecimalText }
  /** Less of it: the other leg has filled in part. `quantity` counts its own fills, too. */
  | { kind: "reduce"; pair: number; leg: LegName; quantity: DecimalText }
  | { kind: "cancel"; pair: number; leg: LegName }
  /** `open` of the entry's fill has not this exit; told once. */
  | { kind: "tell"; pair: number; leg: LegName; open: DecimalText }
  /** Both legs have filled, `beyond` more than the pair is for; told once for each figure. */
  | { kind: "beyond"; pair: number; beyond: DecimalText };

export const LEGS: readonly LegName[] = ["stop", "target"];

export const otherLeg = (leg: LegName): LegName => (leg === "stop" ? "target" : "stop");

/** The client order id of an exit: the same for ever, so that placing it twice is once. */
export const legId = (entry: string, pair: number, leg: LegName): string =>
  derivedOrderId(entry, `${leg === "stop" ? "s" : "t"}${pair}`);

export const newBracket = (entry: string): Bracket => ({
  entry,
  filled: "0",
  entryEnded: false,
  pairs: [],
});

const newLeg = (quantity: DecimalText): Leg => ({
  status: "due",
  quantity,
  filled: "0",
  told: false,
});

/**
 * Takes events in, and says everything that is to be done as it then stands. What was read together goes in
 * together: after the end of one leg alone, what the fill of the other has closed would seem to be open.
 */
export function stepBracket(
  bracket: Bracket,
  ...events: readonly BracketEvent[]
): { bracket: Bracket; actions: BracketAction[] } {
  const after = events.reduce(withEvent, bracket);
  const actions = after.pairs.flatMap(actionsOf);
  return { bracket: withTold(after, actions), actions };
}

/**
 * The exit cannot be placed now, and is asked for again. `open` is what stays without it until then;
 * null once people were told of that.
 */
export function putOff(
  bracket: Bracket,
  { pair, leg }: Pick<BracketExit, "pair" | "leg">,
): { bracket: Bracket; open: DecimalText | null } {
  const waiting = bracket.pairs.find(({ number }) => number === pair);
  const open = waiting ? openOf(waiting) : ZERO;
  if (!waiting || waiting[leg].waitTold || open.lte(ZERO)) return { bracket, open: null };
  const told: BracketPair = { ...waiting, [leg]: { ...waiting[leg], waitTold: true } };
  const pairs = bracket.pairs.map((each) => (each === waiting ? told : each));
  return { bracket: { ...bracket, pairs }, open: decimalText(open) };
}

/** How much each leg of one pair has filled, by what is known at this moment: the bracket may not have taken it in yet. */
type FilledNow = Record<LegName, DecimalText>;

/** Whether both legs of a pair have closed all that it is for. Of a pair that is not known here, nothing is. */
export function isPairClosed(bracket: Bracket, pair: number, filledNow: FilledNow): boolean {
  const known = bracket.pairs.find(({ number }) => number === pair);
  if (!known) return false;
  const { stop, target } = known;
  const now: BracketPair = {
    ...known,
    stop: { ...stop, filled: mostOf(stop.filled, filledNow.stop) },
    target: { ...target, filled: mostOf(target.filled, filledNow.target) },
  };
  return openOf(now).lte(ZERO);
}

/** Older news never takes a fill back. */
const mostOf = (a: DecimalText, b: DecimalText): DecimalText =>
  decimalText(maxDecimal(decimal(a), decimal(b)));

function withEvent(bracket: Bracket, event: BracketEvent): Bracket {
  switch (event.kind) {
    case "entry":
      return withEntry(bracket, event);
    case "leg":
      return withLeg(bracket, event);
    case "most":
      return withMost(bracket, event);
    case "late": {
      const closed = decimal(bracket.closedOtherwise ?? "0").minus(decimal(event.quantity));
      return { ...bracket, closedOtherwise: decimalText(maxDecimal(ZERO, closed)) };
    }
  }
}

function withEntry(
  bracket: Bracket,
  { filled, ended }: Extract<BracketEvent, { kind: "entry" }>,
): Bracket {
  const whole = mostOf(bracket.filled, filled);
  const covered = bracket.pairs.reduce(
    (sum, pair) => sum.plus(decimal(pair.quantity)),
    decimal(bracket.closedOtherwise ?? "0"),
  );
  const open = decimal(whole).minus(covered);
  const pairs = [...bracket.pairs];
  if (open.gt(ZERO)) {
    const quantity = decimalText(open);
    const number = pairs.length + 1;
    pairs.push({ number, quantity, stop: newLeg(quantity), target: newLeg(quantity) });
  }
  const entryEnded = bracket.entryEnded || ended;
  return { ...bracket, filled: whole, entryEnded, pairs };
}

function withLeg(
  bracket: Bracket,
  { pair, leg, status, quantity, filled }: Extract<BracketEvent, { kind: "leg" }>,
): Bracket {
  const change = (each: BracketPair): BracketPair => {
    const known = each[leg];
    const next: Leg = { ...known, status, quantity, filled: mostOf(known.filled, filled) };
    return { ...each, [leg]: next };
  };
  const pairs = bracket.pairs.map((each) => (each.number === pair ? change(each) : each));
  return { ...bracket, pairs };
}

/** A pair is only ever made smaller, and never below what its exits have closed. */
function withMost(
  bracket: Bracket,
  { pair, most, closedAt }: Extract<BracketEvent, { kind: "most" }>,
): Bracket {
  const known = bracket.pairs.find(({ number }) => number === pair);
  const beyond = known ? openOf(known).minus(maxDecimal(ZERO, decimal(most))) : ZERO;
  if (!known || beyond.lte(ZERO)) return bracket;
  const quantity = decimalText(decimal(known.quantity).minus(beyond));
  const pairs = bracket.pairs.map((each) => (each === known ? { ...each, quantity } : each));
  if (closedAt === null) return { ...bracket, pairs };
  const closedOtherwise = decimalText(beyond.plus(decimal(bracket.closedOtherwise ?? "0")));
  return { ...bracket, closedOtherwise, closedAt, pairs };
}

/** What of the pair's part of the position neither leg has closed. */
export const openOf = ({ quantity, stop, target }: BracketPair): Decimal =>
  decimal(quantity).minus(decimal(stop.filled)).minus(decimal(target.filled));

function actionsOf(pair: BracketPair): BracketAction[] {
  return [...LEGS.flatMap((leg) => legActions(pair, leg)), ...beyondOf(pair)];
}

function beyondOf(pair: BracketPair): BracketAction[] {
  const beyond = ZERO.minus(openOf(pair));
  if (beyond.lte(decimal(pair.beyondTold ?? "0"))) return [];
  return [{ kind: "beyond", pair: pair.number, beyond: decimalText(beyond) }];
}

function legActions(pair: BracketPair, leg: LegName): BracketAction[] {
  const own = pair[leg];
  const other = pair[otherLeg(leg)];
  const open = openOf(pair);
  const about = { pair: pair.number, leg };
  // What the other leg has closed is not this one's to close.
  const wanted = decimal(pair.quantity).minus(decimal(other.filled));
  switch (own.status) {
    case "due":
      // The stop comes first: the ledger takes the target as the other half of what stands already.
      if (open.lte(ZERO) || (leg === "target" && other.status === "due")) return [];
      return [{ kind: "place", ...about, quantity: decimalText(wanted) }];
    case "open":
      if (open.lte(ZERO)) return [{ kind: "cancel", ...about }];
      if (wanted.gte(decimal(own.quantity))) return [];
      return [{ kind: "reduce", ...about, quantity: decimalText(wanted) }];
    case "ended":
    case "failed":
      if (own.told || open.lte(ZERO)) return [];
      return [{ kind: "tell", ...about, open: decimalText(open) }];
  }
}

/** What is told is remembered with the same step. */
function withTold(bracket: Bracket, actions: readonly BracketAction[]): Bracket {
  const isTold = (pair: number, leg: LegName): boolean =>
    actions.some((each) => each.kind === "tell" && each.pair === pair && each.leg === leg);
  const legOf = (pair: BracketPair, leg: LegName): Leg =>
    isTold(pair.number, leg) ? { ...pair[leg], told: true } : pair[leg];
  const pairs = bracket.pairs.map((pair) => ({
    ...pair,
    stop: legOf(pair, "stop"),
    target: legOf(pair, "target"),
    ...beyondTold(pair, actions),
  }));
  return { ...bracket, pairs };
}

function beyondTold(
  { number }: BracketPair,
  actions: readonly BracketAction[],
): Pick<BracketPair, "beyondTold"> {
  const told = actions.find((each) => each.kind === "beyond" && each.pair === number);
  return told?.kind === "beyond" ? { beyondTold: told.beyond } : {};
}

/** Nothing is left to be done unless something unforeseen is heard. */
export const isSettled = ({ entryEnded, pairs }: Bracket): boolean =>
  entryEnded &&
  pairs.every((pair) =>
    LEGS.every((leg) => {
      const { status } = pair[leg];
      return status === "due" ? openOf(pair).lte(ZERO) : status !== "open";
    }),
  );
