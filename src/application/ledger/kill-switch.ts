/** The kill switch: latched in the ledger first, then told to every gateway. Cancels always pass it. */
import type { KillAnswer, KillOptions } from "../ports.ts";
import type { Incident } from "../reconcile-port.ts";
import type { ApiError } from "../../contract/errors.ts";
import { CANCEL_AGAIN_MS, HALT_TOLD_MS_MAX } from "../../domain/halt-limits.ts";
import { KILL_SWITCH_HOLD_MS } from "../../domain/limits.ts";
import type { Order } from "../../domain/order.ts";
import { transition } from "../../domain/order-state.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { isCanceledBy, isFromBefore, isToBeClosed } from "../../domain/risk/halts.ts";
import { nextVersion, openOrders, underScope } from "../../domain/risk/ledger.ts";
import type { LedgerOrder, LedgerState, TradingStateRecord } from "../../domain/risk/state.ts";
import type { ScopeText } from "../../domain/scope.ts";
import type { LedgerBook } from "./book.ts";
import type { OwedCalls } from "./ports.ts";
import { stopAlgos } from "./stopped-algos.ts";
import { flattenNews, isTrip, latchedNews } from "./trip-news.ts";
import { Tries } from "./tries.ts";

/** Has `act` done after a while; what it answers takes that back. */
type After = (ms: number, act: () => void) => () => void;

/** What is to be changed, why, and by whom. */
export type Asked = Pick<TradingStateRecord, "scope" | "reason" | "by">;

/** A halt as it stands in the ledger, whoever latched it first; the gateways are still to be told. */
export interface Latched {
  /** By whoever asked now. */
  asked: Asked;
  record: TradingStateRecord;
  algosStopped: string[];
}

export class KillSwitch {
  readonly #book: LedgerBook;
  readonly #gateways: OwedCalls;

  readonly #after: After;
  readonly #clock: (() => number) | null;
  /** Cancels under a halt that were made again, by order; a reset forgets them. */
  readonly #again = new Tries(CANCEL_AGAIN_MS);

  /** `clock` is only for the measure of how long it took. */
  constructor(
    book: LedgerBook,
    gateways: OwedCalls,
    after: After,
    clock: (() => number) | null = null,
  ) {
    this.#book = book;
    this.#gateways = gateways;
    this.#after = after;
    this.#clock = clock;
  }

  /**
   * Latches and stops the algos in one step, tells the gateways, for a bounded time, and only then marks
   * what is to be canceled. Tripping a halted scope again keeps who did it first and since when, and tells the
   * gateways once more.
   */
  async trip(
    scope: ScopeText,
    reason: string,
    by: string,
    now: number,
    options: KillOptions = {},
  ): Promise<KillAnswer> {
    const began = this.#clock?.() ?? now;
    const asked = { scope, reason, by };
    const latched = this.#book.commit(now, (state) => this.latch(state, asked, now, options));
    return this.enforce(latched, now, began);
  }

  /** The latch itself, in a transaction of the caller's. `enforce` is what follows from it. */
  latch(state: LedgerState, asked: Asked, now: number, options: KillOptions): Latched {
    const { scope, reason, by } = asked;
    const before = state.tradingStates.get(scope);
    const record = this.#latch(state, asked, now);
    if (options.flatten && !state.controls.flattening.has(scope)) {
      const { version } = this.#book.control(state, { kind: "flatten_owed", scope, at: now }, now);
      if (before?.state === "halted" && isTrip(by))
        this.#tell(flattenNews(before, { reason, by }, now, version), version);
    }
    const algosStopped = options.stopAlgos
      ? stopAlgos(this.#book, state, scope, reason, by, now)
      : [];
    return { asked, record, algosStopped };
  }

  /** Tells the gateways of a latch that is stored, and marks what is to be canceled. */
  async enforce(
    { asked: { scope, reason, by }, record, algosStopped }: Latched,
    now: number,
    began = now,
  ): Promise<KillAnswer> {
    const latchedInMs = (this.#clock?.() ?? now) - began;
    const settled = await this.told();
    const enforcedInMs = settled ? (this.#clock?.() ?? now) - began : null;
    return this.#book.commit(now, (state) => {
      const toCancel = openOrders(state, underScope(scope))
        .filter((entry) => isCanceledBy(state, record, entry))
        .filter(({ order }) => transition(order.state, "cancel_requested").ok)
        .map((entry) => this.#book.wishCancel(state, entry, by, now).order);
      const { lastLeftAt } = this.#gateways;
      const measured = { algosStopped, latchedInMs, enforcedInMs, lastLeftAt };
      const facts = { ...measured, openOrders: toCancel.length, version: record.version };
      this.#book.audit(state.version, now, "kill_switch_told", scope, null, facts, reason, by);
      return { ...answer(state, record, toCancel), ...measured };
    });
  }

  /**
   * Orders from before a halt that stand under it all the same: the broker refused their cancel, or whoever
   * latched died before it wished for one. Each is wished for again, for the caller to hand on; a wish that
   * still waits for its answer is brought on by the sweep. Less and less often for each: a broker that
   * refuses at once is not to be asked at once.
   */
  cancelAgain(now: number): Order[] {
    const state = this.#book.state(now);
    const halts = [...state.tradingStates.values()].filter((each) => each.state === "halted");
    if (halts.length === 0) this.#again.keepOnly(new Set());
    const standing = halts.flatMap((halt) =>
      openOrders(state, underScope(halt.scope))
        .filter((entry) => isCanceledBy(state, halt, entry) && isToBeCanceled(entry))
        .map(({ order: { clientOrderId } }) => [clientOrderId, halt.by] as const),
    );
    const due = [...new Map(standing)].filter(([id]) => this.#again.isDue(id, now));
    if (due.length === 0) return [];
    return this.#book.commit(now, (after) =>
      due.flatMap(([clientOrderId, by]) => {
        this.#again.note(clientOrderId, now);
        const entry = this.#book.find(after, clientOrderId);
        return entry ? [this.#book.wishCancel(after, entry, by, now).order] : [];
      }),
    );
  }

  #latch(state: LedgerState, asked: Asked, now: number): TradingStateRecord {
    const { scope } = asked;
    const known = state.tradingStates.get(scope);
    const next: TradingStateRecord =
      known?.state === "halted"
        ? known
        : { ...asked, state: "halted", since: now, version: nextVersion(state) };
    if (next !== known) this.#set(state, next, "kill_switch", known ?? null, now);
    this.#gateways.owe(scope, "halt", next.version, next.version);
    return next;
  }

  /**
   * `reducing`, or back to `active`. From `halted` it is a reset, with all that a reset needs; the cancels
   * of its answer are the caller's to hand on. Saying it again changes nothing.
   */
  async set(
    scope: ScopeText,
    wanted: "active" | "reducing",
    reason: string,
    by: string,
    now: number,
  ): Promise<Result<Order[], ApiError>> {
    if (this.#book.state(now).tradingStates.get(scope)?.state === "halted") {
      const reset = await this.reset(scope, reason, by, now, wanted);
      return reset.ok ? ok(reset.value.toCancel) : reset;
    }
    this.#book.commit(now, (state) => this.change(state, { scope, reason, by }, wanted, now));
    return ok([]);
  }

  /** The same in a transaction of the caller's, where the scope is not halted. */
  change(state: LedgerState, asked: Asked, wanted: "active" | "reducing", now: number): void {
    const known = state.tradingStates.get(asked.scope) ?? null;
    if ((known?.state ?? "active") === wanted) return;
    const next = { ...asked, state: wanted, since: now, version: nextVersion(state) };
    this.#set(state, next, "trading_state", known, now);
  }

  /** Leaving `halted` needs a person, a reason and a moment's thought. */
  async reset(
    scope: ScopeText,
    reason: string,
    by: string,
    now: number,
    wanted: "active" | "reducing" = "active",
  ): Promise<Result<KillAnswer, ApiError>> {
    const reset = this.#book.commit(now, (state): Result<KillAnswer, ApiError> => {
      const known = state.tradingStates.get(scope);
      if (known?.state !== "halted")
        return err({ code: "CONFLICT", message: `${scope} is not halted`, details: { scope } });
      const held = now - known.since;
      if (held < KILL_SWITCH_HOLD_MS)
        return err({
          code: "TOO_EARLY",
          message: `${scope} was halted ${held} ms ago; reset it in ${KILL_SWITCH_HOLD_MS - held} ms`,
          details: { scope, limit: String(KILL_SWITCH_HOLD_MS), have: String(held) },
        });
      // Before the reset itself, which begins the counts of storms anew: these cancels are no algo's.
      const unsent = this.#endFlatten(state, known, by, now);
      const version = nextVersion(state);
      const next: TradingStateRecord = { scope, state: wanted, reason, by, since: now, version };
      this.#set(state, next, "kill_switch_reset", known, now);
      this.#gateways.owe(scope, "resume", next.version, known.version);
      return ok(answer(state, next, unsent));
    });
    if (reset.ok) await this.told();
    return reset;
  }

  /**
   * A flatten ends with its halt. Its closing orders of which nobody has heard yet may not have left: each is to
   * be canceled, unless another halt still closes what it is for.
   */
  #endFlatten(state: LedgerState, halt: TradingStateRecord, by: string, now: number): Order[] {
    const { scope } = halt;
    if (!state.controls.flattening.has(scope)) return [];
    this.#book.control(state, { kind: "flatten_done", scope, at: now }, now);
    return openOrders(state, underScope(scope))
      .filter((entry) => entry.order.state === "pending_new" && !isFromBefore(halt, entry))
      .filter(({ order }) => !isToBeClosed(state, order))
      .map((entry) => this.#book.wishCancel(state, entry, by, now).order);
  }

  /** Tells the gateways what they are owed. False when not every one has confirmed in time: the call stays owed, and nobody waits for it any longer. */
  told(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const takeBack = this.#after(HALT_TOLD_MS_MAX, () => late.resolve(false));
    return Promise.race([this.#gateways.settle(), late.promise]).finally(takeBack);
  }

  #set(
    state: LedgerState,
    record: TradingStateRecord,
    action: string,
    before: TradingStateRecord | null,
    now: number,
  ): void {
    const { version } = this.#book.apply(state, { kind: "trading_state", record }, now);
    this.#book.storage.saveTradingState(record);
    const { scope, reason, by } = record;
    this.#book.audit(version, now, action, scope, before, record, reason, by);
    if (isTrip(by)) this.#tell(latchedNews(record, now, version), version);
  }

  #tell(incident: Incident, version: number): void {
    this.#book.outbox.add(version, { kind: "incident", incident });
  }
}

const isToBeCanceled = ({ cancelWished, order }: LedgerOrder): boolean =>
  !cancelWished && transition(order.state, "cancel_requested").ok;

const answer = (
  ledger: LedgerState,
  { scope, state, version, since }: TradingStateRecord,
  toCancel: Order[],
): KillAnswer => {
  const open = openOrders(ledger, underScope(scope));
  return {
    scope,
    state,
    version,
    openOrders: open.length,
    since,
    toCancel,
    algosStopped: [],
    latchedInMs: 0,
    enforcedInMs: null,
    lastLeftAt: null,
  };
};
