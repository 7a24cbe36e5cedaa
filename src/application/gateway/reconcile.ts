/**
 * Compares the ledger's positions with the broker's and brings them to agree: first by reading what was
 * missed, then by inferring what nobody reports, and at last by freezing. A query that fails proves
 * nothing and changes nothing.
 */
import type { BrokerPosition } from "../../brokers/broker.ts";
import type { PositionView } from "../../contract/orders.ts";
import type { Execution } from "../../domain/order.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import {
  EXECUTIONS_OVERLAP_MS,
  POSITIONS_POLL_MS,
  POSITIONS_RECHECK_MS,
  RECONCILE_LOOK_BACK_MS,
} from "../../domain/limits.ts";
import { comparePositions } from "../../domain/reconciliation/compare.ts";
import type { Difference } from "../../domain/reconciliation/difference.ts";
import { nextStep, type Doubt } from "../../domain/reconciliation/doubt.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { errorText } from "../log.ts";
import type { BrokerBook } from "../reconcile-port.ts";
import type { GatewayContext } from "./context.ts";
import { inferFill } from "./inferred-fills.ts";
import { absorb, askBroker } from "./look-up.ts";
import { flush } from "./outbox.ts";
import {
  doubtOf,
  doubts,
  endDoubt,
  endFrozen,
  frozenInstruments,
  frozenOf,
  openInferred,
  raise,
  saveCheck,
  saveDoubt,
  saveFrozen,
} from "./reconcile-notes.ts";
import { readMissed } from "./read-missed.ts";

type PositionDifference = Extract<Difference, { kind: "position_differs" }>;

interface Comparison {
  differences: PositionDifference[];
  ours: PositionView[];
  theirs: BrokerPosition[];
}

/** One comparison. What differs in it twice running is a doubt; fills on their way do not. */
export async function reconcilePositions(context: GatewayContext): Promise<Result<null, string>> {
  context.store.setNumber("positions_compared_at", context.now());
  const compared = await compareTwice(context);
  if (!compared.ok) {
    saveCheck(context, "positions", "failed", compared.error);
    context.log("warn", "positions_not_compared", { reason: compared.error });
    return compared;
  }
  if (compared.value === null) {
    saveCheck(
      context,
      "positions",
      "not_run",
      "not compared: fills were booked or waited meanwhile",
    );
    // Soon again: until then nobody knows. With a doubt it is soon anyway.
    const early = doubts(context).length > 0 ? 0 : POSITIONS_POLL_MS - POSITIONS_RECHECK_MS;
    context.store.setNumber("positions_compared_at", context.now() - early);
    return ok(null);
  }
  settleDoubts(context, compared.value);
  const { length } = compared.value.differences;
  if (length === 0) saveCheck(context, "positions", "ok", "the broker's positions are ours");
  else
    saveCheck(
      context,
      "positions",
      "differs",
      `${length} ${length === 1 ? "instrument differs" : "instruments differ"} from the broker's`,
    );
  await flush(context);
  return ok(null);
}

/** Null when fills were booked in between, so that the two sides are of different times. */
async function compareTwice(context: GatewayContext): Promise<Result<Comparison | null, string>> {
  // The real report of an inferred fill may come late, and then agrees with nobody's position.
  if (openInferred(context).length > 0) {
    const late = await readFarBack(context);
    if (!late.ok) return late;
  }
  const first = await compareOnce(context);
  if (!first.ok || first.value === null || first.value.differences.length === 0) return first;
  const older = await readFarBack(context);
  if (!older.ok) return older;
  const second = await compareOnce(context);
  if (!second.ok || second.value === null) return second;
  const stood = new Map(first.value.differences.map((each) => [each.instrument, each]));
  const differences = second.value.differences.filter((each) => {
    const before = stood.get(each.instrument);
    return before?.ours === each.ours && before.theirs === each.theirs;
  });
  return ok({ ...second.value, differences });
}

async function compareOnce(context: GatewayContext): Promise<Result<Comparison | null, string>> {
  const { store, account, broker, ledger } = context;
  const read = await readMissed(context);
  if (!read.ok) return read;
  await flush(context);
  if (store.hasPosts()) return err("the ledger does not take what was booked");
  const booked = store.number("fills_booked");
  const positions = await broker.positions();
  if (!positions.ok) return err(`${positions.error.kind}: ${positions.error.reason}`);
  let ours: PositionView[];
  try {
    ours = (await ledger.positions()).filter((each) => each.account === account);
  } catch (error) {
    return err(`the ledger is away: ${errorText(error)}`);
  }
  const waits = [...context.inFlight.values()].some(({ inbox }) => inbox.length > 0);
  if (store.number("fills_booked") !== booked || waits || context.unplaced.length > 0)
    return ok(null);
  const theirs = positions.value;
  return ok({ differences: comparePositions(ours, theirs), ours, theirs });
}

/** Executions of the whole day: one that came late to the broker's own records is found here. */
async function readFarBack(context: GatewayContext): Promise<Result<null, string>> {
  const picture = await askBroker(context, context.now() - RECONCILE_LOOK_BACK_MS);
  if (!picture.ok) return err(`${picture.error.kind}: ${picture.error.reason}`);
  await absorb(context, picture.value);
  return ok(null);
}

function settleDoubts(context: GatewayContext, comparison: Comparison): void {
  context.store.setNumber("fills_compared", context.store.number("fills_booked"));
  const differing = new Set(comparison.differences.map(({ instrument }) => instrument));
  for (const { instrument } of doubts(context))
    if (!differing.has(instrument)) endDoubt(context, instrument);
  for (const difference of comparison.differences) settleDoubt(context, difference, comparison);
}

function settleDoubt(
  context: GatewayContext,
  difference: PositionDifference,
  comparison: Comparison,
): void {
  const { instrument, ours, theirs } = difference;
  const known = doubtOf(context, instrument);
  if (frozenOf(context, instrument)) {
    // What is safe to close goes by the broker's latest word.
    if (known) saveDoubt(context, { ...known, theirs });
    return;
  }
  const step = nextStep(known, difference, context.now());
  saveDoubt(context, step.doubt);
  if (step.doubt.tries === 1) context.log("warn", "position_differs", { instrument, ours, theirs });
  if (step.action === "wait") return;
  const price = priceOf(comparison, instrument);
  if (step.action === "freeze" || price === null) freeze(context, step.doubt, difference);
  else inferFill(context, step.doubt, price, currencyOf(comparison, instrument));
}

/** What the missing units most likely traded at; null when nobody knows any price of them. */
function priceOf({ ours, theirs }: Comparison, instrument: InstrumentId): string | null {
  const held = theirs.find((each) => each.instrument === instrument)?.averagePrice ?? null;
  const known = ours.filter((each) => each.instrument === instrument);
  const mark = known.find(({ markPrice }) => markPrice !== null)?.markPrice ?? null;
  const mean = known.find(({ averagePrice }) => averagePrice !== null)?.averagePrice ?? null;
  return held ?? mark ?? mean;
}

const currencyOf = ({ ours }: Comparison, instrument: InstrumentId): string =>
  ours.find((each) => each.instrument === instrument)?.currency ?? "unknown";

/** It will not converge: entries are refused, exits pass, and people are told. */
function freeze(context: GatewayContext, doubt: Doubt, difference: PositionDifference): void {
  const { instrument, ours, theirs } = difference;
  const since = context.now();
  const reason = `the broker says ${theirs}, we say ${ours}, and ${doubt.tries} comparisons did not bring them together`;
  saveFrozen(context, { instrument, since, reason, inLedger: false });
  raise(context, {
    id: `frozen-${context.account}-${instrument}-${since}`,
    severity: "critical",
    title: `${instrument} is frozen: positions do not agree`,
    message: `${instrument}: ${reason}. Entries are refused and exits pass, until a person accepts a reconciliation.`,
  });
  context.log("error", "instrument_frozen", { instrument, ours, theirs, tries: doubt.tries });
}

/** Tells the ledger of what is frozen, once each: it then refuses entries before they are approved. */
export async function tellLedgerOfFrozen(context: GatewayContext): Promise<void> {
  for (const frozen of frozenInstruments(context)) {
    if (frozen.inLedger) continue;
    const { instrument, reason } = frozen;
    try {
      const scope = `instrument:${instrument}`;
      const command = { kind: "reconcile_failed", scope, reason } as const;
      const told = await context.ledger.control(command, `gateway:${context.account}`);
      if (!told.ok)
        context.log("error", "ledger_refused_freeze", { instrument, message: told.error.message });
      if (told.ok && frozenOf(context, instrument))
        saveFrozen(context, { ...frozen, inLedger: true });
    } catch (error) {
      // The gateway refuses entries by itself meanwhile; the next turn tells again.
      context.log("error", "gateway_ledger_away", { error: errorText(error) });
      return;
    }
  }
}

/** A person has looked: comparing begins anew. */
export function unfreeze(context: GatewayContext, instruments: InstrumentId[], by: string): void {
  for (const instrument of instruments) {
    if (!frozenOf(context, instrument)) continue;
    endFrozen(context, instrument);
    endDoubt(context, instrument);
    context.log("warn", "instrument_unfrozen", { instrument, by });
  }
  context.store.setNumber("positions_compared_at", 0);
}

/** Why nothing may be opened in an instrument, or null. What only reduces may always go. */
export function blockReason(context: GatewayContext, instrument: InstrumentId): string | null {
  const frozen = frozenOf(context, instrument);
  if (frozen) return `INSTRUMENT_BLOCKED: ${instrument} is frozen: ${frozen.reason}`;
  const doubt = doubtOf(context, instrument);
  return doubt
    ? `INSTRUMENT_BLOCKED: the position in ${instrument} differs from the broker's by ${doubt.delta}`
    : null;
}

/** After the stream came up: executions since the last seen, then orders, then positions. */
export async function reconcileAfterReconnect(
  context: GatewayContext,
): Promise<Result<null, string>> {
  const since = context.store.number("read_until");
  if (since > 0) {
    const executions = await context.broker.executions(Math.max(0, since - EXECUTIONS_OVERLAP_MS));
    if (!executions.ok) return err(`${executions.error.kind}: ${executions.error.reason}`);
    await absorb(context, { orders: [], executions: executions.value, askedAt: context.now() });
  }
  const read = await readMissed(context);
  return read.ok ? reconcilePositions(context) : read;
}

/** The broker's whole word, for a report. What was missed is booked and posted first. */
export async function brokerBook(
  context: GatewayContext,
  since: number,
): Promise<Result<BrokerBook, string>> {
  const askedAt = context.now();
  const read = await readMissed(context);
  if (!read.ok) return read;
  const { broker, store } = context;
  // An order that moves on between two questions is seen by the later one.
  const asked = [
    await broker.openOrders(),
    await broker.closedOrders(since),
    await broker.executions(since),
    await broker.positions(),
    await broker.balances(),
  ] as const;
  const [open, closed, executions, positions, balances] = asked;
  if (!open.ok || !closed.ok || !executions.ok || !positions.ok || !balances.ok) {
    const failed = asked.find((each) => !each.ok);
    return err(failed && !failed.ok ? `${failed.error.kind}: ${failed.error.reason}` : "failed");
  }
  const orders = [...open.value, ...closed.value];
  await absorb(context, { orders, executions: executions.value, askedAt });
  await flush(context);
  if (store.hasPosts()) return err("the ledger does not take what was booked");
  const of = (rows: Execution[]): Execution[] => rows.filter((row) => row.executedAt >= since);
  return ok({
    executions: of(executions.value),
    orders,
    positions: positions.value,
    balances: balances.value,
    askedAt,
  });
}
