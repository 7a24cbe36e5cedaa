/**
 * Fires the trips: takes note of what happens, looks now and then, latches what passed its bound, and
 * sees the cancels and a flatten through. What has fired is stored with the latch.
 */
import { errorText, type Log } from "../log.ts";
import { FLATTEN_RETRY_MS } from "../../domain/halt-limits.ts";
import { MARKS_STORE_INTERVAL_MS, TRIP_LOOK_INTERVAL_MS } from "../../domain/limits.ts";
import type { Order } from "../../domain/order.ts";
import type { RefusalCode } from "../../domain/risk/refusal.ts";
import type { Change, LedgerEvent } from "../../domain/risk/ledger.ts";
import { lookAtTrips, restartCount, type Firing } from "../../domain/risk/trips/look.ts";
import { countAt, countFor, restartCounts, stormOf } from "../../domain/risk/trips/storm.ts";
import type { TripName } from "../../domain/risk/trips/settings.ts";
import { newWatch, unpackIndex, type TripWatch } from "../../domain/risk/trips/trip.ts";
import type { ScopeText } from "../../domain/scope.ts";
import type { Flattened } from "../flatten.ts";
import type { KillAnswer } from "../ports.ts";
import type { LedgerBook } from "./book.ts";
import type { KillSwitch } from "./kill-switch.ts";
import { Tries } from "./tries.ts";
import { leftToClose, UnfinishedHalts } from "./unfinished-halts.ts";

export interface TripParts {
  book: LedgerBook;
  killSwitch: KillSwitch;
  /** Hands the cancels to their gateways. */
  cancel(orders: readonly Order[]): Promise<unknown>;
  /** Closes what is open under a halted scope. */
  flatten(scope: ScopeText): Promise<Flattened>;
  /** Has work go on beside whoever began it; where it fails, the alarm goes on with it. */
  later(work: Promise<unknown>): void;
  log: Log;
}

/** A trip that has latched: the gateways are being told, and then its cancels go out. */
interface Fired {
  scope: ScopeText;
  flatten: boolean;
  enforced: Promise<KillAnswer>;
}

export class LedgerTrips {
  readonly #parts: TripParts;
  #watch: TripWatch | null = null;
  #lookedAt = -Infinity;
  #storedAt = -Infinity;
  readonly #unfinished: UnfinishedHalts;
  /** Of each flatten that is owed, by its scope. */
  readonly #flattens = new Tries(FLATTEN_RETRY_MS);
  /** When each was asked for that has not been looked at here since: whoever asks tries first, and may fail. */
  readonly #asked = new Map<ScopeText, number>();

  constructor(parts: TripParts) {
    this.#parts = parts;
    this.#unfinished = new UnfinishedHalts(parts.book);
  }

  /** Built when it is first needed: prices of the index and what storms have counted outlive an eviction. */
  #seen(now: number): TripWatch {
    if (this.#watch) return this.#watch;
    const { book } = this.#parts;
    const stored = book.storage.setting("index");
    const watch = { ...newWatch(), index: unpackIndex(stored) };
    for (const { event, at, order } of book.storage.stormEvents(now - this.#stormWindowMs(now)))
      take(watch, event, order, at);
    return (this.#watch = watch);
  }

  /** The longest stretch over which a storm is counted. */
  #stormWindowMs(now: number): number {
    const { trips } = this.#parts.book.state(now).controls;
    const windows = [trips.get("rejectStorm"), trips.get("orderChurn")];
    return Math.max(...windows.map((setting) => setting?.bounds.windowMs ?? 0));
  }

  /** Counts what the storms count, and from when a flatten is owed. Cheap: it is on every event's path. */
  note(event: LedgerEvent, { entry }: Change, at: number): void {
    if (event.kind === "control" && event.change.kind === "flatten_owed") {
      const { scope } = event.change;
      this.#unfinished.flattenOwed(scope, at);
      this.#asked.set(scope, at);
    }
    // What is built only now reads this very event out of storage.
    if (this.#watch) take(this.#watch, event, entry?.order ?? null, at);
  }

  /** Counts what an algo was denied, but for what people have laid down: that is meant to be denied. */
  denied({ algoId, refusal }: Order, at: number): void {
    if (refusal && !LAID_DOWN.has(refusal.code))
      countAt(this.#seen(at), "denials", [`algo:${algoId}`], at);
  }

  /** A broker's clock as measured, for each of its accounts. */
  clockOffset(broker: string, offsetMs: number, accounts: readonly string[], now: number): void {
    for (const account of accounts)
      this.#seen(now).offsets.set(`account:${account}`, { broker, offsetMs });
  }

  /** Looks, unless it just did. The latch is stored when this returns; the promise is what follows from it. */
  look(now: number, force = false): Promise<unknown> | null {
    if (!force && now - this.#lookedAt < TRIP_LOOK_INTERVAL_MS && now >= this.#lookedAt)
      return null;
    this.#lookedAt = now;
    const { book } = this.#parts;
    const watch = this.#seen(now);
    const { firings, armed } = lookAtTrips(book.state(now), watch, now);
    const work = firings
      .map((firing) => this.#tryToFire(firing, watch, now))
      .flatMap((fired) => (fired ? [this.#seeThrough(fired, now)] : []));
    if (armed.length > 0)
      book.commit(now, (state) => {
        for (const key of armed) book.control(state, { kind: "trip_armed", key, at: now }, now);
      });
    this.#storeIndex(watch, now);
    return work.length > 0 ? Promise.all(work) : null;
  }

  #storeIndex({ index }: TripWatch, now: number): void {
    if (!index || now - this.#storedAt < MARKS_STORE_INTERVAL_MS) return;
    this.#storedAt = now;
    const { book } = this.#parts;
    book.commit(now, () => book.storage.set("index", JSON.stringify(index)));
  }

  /**
   * A trouble that is told of, and not read at a look. Answers once the gateways were told; the cancels and a
   * flatten do not keep whoever tells of it, which may be the very gateway that they go to.
   */
  async tripped(trip: TripName, scope: ScopeText, reason: string, now: number): Promise<void> {
    const { controls, tradingStates } = this.#parts.book.state(now);
    const setting = controls.trips.get(trip);
    if (!setting?.on) return;
    const { state } = setting;
    const flatten = state === "halted" && setting.flatten;
    // A halt is told of again, whoever latched it.
    const latches = state === "halted" || !tradingStates.has(scope);
    const fired = this.#fire({ trip, scope, state, reason, key: null, latches, flatten }, now);
    if (!fired) return;
    this.#parts.later(this.#seeThrough(fired, now));
    await fired.enforced;
  }

  /** What storage refuses has not fired: it is past its bound at the next look, too. It holds up no other. */
  #tryToFire(firing: Firing, watch: TripWatch, now: number): Fired | null {
    try {
      const fired = this.#fire(firing, now);
      restartCount(watch, firing);
      return fired;
    } catch (error) {
      const { trip, scope } = firing;
      this.#parts.log("error", "trip_not_latched", { trip, scope, error: errorText(error) });
      return null;
    }
  }

  /** Latches and remembers that it has fired, in one step. Null when nothing follows from it. */
  #fire(firing: Firing, now: number): Fired | null {
    const { book, killSwitch, log } = this.#parts;
    const { trip, scope, state, reason, key, latches, flatten } = firing;
    // What is halted already can do nothing about what it holds: a trip that is set to close it does.
    const acts = latches || flatten;
    const asked = { scope, reason, by: `trip:${trip}` };
    const latched = book.commit(now, (after) => {
      if (key !== null) book.control(after, { kind: "trip_fired", key, at: now }, now);
      if (acts && state === "halted") return killSwitch.latch(after, asked, now, { flatten });
      if (acts) killSwitch.change(after, asked, "reducing", now);
      return null;
    });
    if (acts) log("warn", "trip_fired", { trip, scope, state, reason });
    return latched && { scope, flatten, enforced: killSwitch.enforce(latched, now) };
  }

  /** Cancels, and closes where it is set to. */
  async #seeThrough({ scope, flatten, enforced }: Fired, now: number): Promise<void> {
    await this.cancel((await enforced).toCancel);
    if (flatten) await this.#flatten(scope, now);
  }

  /** Hands cancels to their gateways. The wishes are stored: where a call fails, the sweep goes on. */
  async cancel(orders: readonly Order[]): Promise<void> {
    if (orders.length === 0) return;
    await this.#parts.cancel(orders).catch((error: unknown) =>
      this.#parts.log("error", "trip_cancels_failed", {
        orders: orders.length,
        error: errorText(error),
      }),
    );
  }

  /** One round by the watchdog: a look, what still stands under a halt, and the flattens that are not done. False when one is left. */
  async run(now: number): Promise<boolean> {
    await this.look(now, true);
    const standing = this.#parts.killSwitch.cancelAgain(now);
    await this.cancel(standing);
    const { flattening } = this.#parts.book.state(now).controls;
    // A reset ends a flatten without it: what is owed no more must not be due for ever.
    this.#flattens.keepOnly(flattening);
    this.#asked.clear();
    const done = await Promise.all([...flattening].map((scope) => this.#flatten(scope, now)));
    this.#unfinished.look(now);
    return done.every(Boolean);
  }

  /** When the next flatten is tried, ms since 1970. */
  dueAt(): number {
    const asked = [...this.#asked.values()].map((at) => at + FLATTEN_RETRY_MS[0]);
    return Math.min(this.#flattens.soonestAt(), ...asked);
  }

  /** Owed for as long as the scope is halted: a fill may be told of after it was flat. True when nothing is left to try now. */
  async #flatten(scope: ScopeText, now: number): Promise<boolean> {
    const { book, log } = this.#parts;
    const state = book.state(now);
    if (state.tradingStates.get(scope)?.state !== "halted") {
      this.#flattens.forget(scope);
      book.commit(now, (after) =>
        book.control(after, { kind: "flatten_done", scope, at: now }, now),
      );
      return true;
    }
    if (leftToClose(state, scope).length === 0) {
      this.#flattens.forget(scope);
      return true;
    }
    if (!this.#flattens.isDue(scope, now)) return true;
    this.#flattens.note(scope, now);
    try {
      const { positions, refusals } = await this.#parts.flatten(scope);
      if (refusals.length > 0) this.#unfinished.flattenRefused(scope, refusals, now);
      return positions === 0;
    } catch (error) {
      log("error", "flatten_failed", { scope, error: errorText(error) });
      return false;
    }
  }
}

function take(
  watch: TripWatch,
  event: LedgerEvent,
  order: Pick<Order, "algoId" | "account"> | null,
  at: number,
): void {
  restartCounts(watch, event);
  const which = stormOf(event);
  if (which && order) countFor(watch, which, order, at);
}

const LAID_DOWN: ReadonlySet<RefusalCode> = new Set([
  "KILL_SWITCH",
  "PORTFOLIO_ASLEEP",
  "ALGO_PAUSED",
  "INSTRUMENT_BLOCKED",
]);
