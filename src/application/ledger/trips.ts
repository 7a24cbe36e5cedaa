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
import { lookAtTrips, type Firing } from "../../domain/risk/trips/look.ts";
import { countAt, countFor, restartCounts, stormOf } from "../../domain/risk/trips/storm.ts";
import { newWatch, type TripWatch } from "../../domain/risk/trips/trip.ts";
import type { ScopeText } from "../../domain/scope.ts";
import type { Flattened } from "../flatten.ts";
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
  log: Log;
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
    const watch = { ...newWatch(), index: stored === null ? null : JSON.parse(stored) };
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
    // What is halted already can do nothing about what it holds: a trip that is set to close it does.
    const work = firings
      .filter(({ latches, flatten }) => latches || flatten)
      .map((firing) => this.#fire(firing, now));
    const keys = firings.flatMap(({ key }) => (key === null ? [] : [key]));
    if (keys.length > 0 || armed.length > 0)
      book.commit(now, (state) => {
        for (const key of keys) book.control(state, { kind: "trip_fired", key, at: now }, now);
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

  async #fire({ trip, scope, state, reason, flatten }: Firing, now: number): Promise<void> {
    const { killSwitch, log } = this.#parts;
    const by = `trip:${trip}`;
    log("warn", "trip_fired", { trip, scope, state, reason });
    if (state === "reducing") {
      await killSwitch.set(scope, "reducing", reason, by, now);
      return;
    }
    const killed = await killSwitch.trip(scope, reason, by, now, { flatten });
    await this.#cancel(killed.toCancel);
    if (flatten) await this.#flatten(scope, now);
  }

  /** The wishes are stored: where a call fails, the sweep goes on. */
  async #cancel(orders: readonly Order[]): Promise<void> {
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
    if (standing.length > 0) await this.#cancel(standing);
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
