/** What the ledger's alarm and the watchdog see to: nothing here is on an order's path, and one duty that fails or hangs holds up no other. */
import { errorText } from "../log.ts";
import { DUTY_WAIT_MS, WATCHDOG_INTERVAL_MS } from "../../domain/limits.ts";
import { ZERO } from "../../domain/decimal.ts";
import { LastingNews } from "./lasting.ts";
import type { OwedCalls, WaitingNotices, WishedMarks } from "./ports.ts";
import { tellRepeats } from "./denials.ts";
import { Sweep, type SweepParts } from "./sweep.ts";
import { UNKNOWN_TRIPS } from "./unknown-trips.ts";
import { UnconfirmedLease } from "./unconfirmed-lease.ts";
import { UNVALUED } from "./unvalued.ts";

/** First wait before something that failed is tried again; it doubles up to the watchdog's turn. */
const RETRY_DELAY_MS = 1_000;

/** An alarm in the past would run at once, again and again. */
const ALARM_DELAY_MS_MIN = 100;

export interface DutyParts extends SweepParts {
  gateways: OwedCalls;
  wishes: WishedMarks;
  notices: WaitingNotices;
  /** A look at the trips, and what is still to be closed after one; when that is tried again, ms since 1970. */
  trips: { run(now: number): Promise<boolean>; dueAt(): number };
  /** A slice of what ended long ago. */
  archive: { run(now: number): Promise<void> };
  /** Has `act` done after a while; what it answers takes that back. */
  after(ms: number, act: () => void): () => void;
}

export class LedgerDuties {
  readonly #parts: DutyParts;
  /** What is news once it has lasted. */
  readonly #lasting: Record<string, { look(now: number): void }>;
  #failures = 0;
  #running: Promise<void> | null = null;
  /** Duties that have not settled, perhaps since an earlier round: none is begun a second time beside itself. */
  readonly #unsettled = new Set<string>();

  readonly #sweep: Sweep;

  constructor(parts: DutyParts) {
    this.#parts = parts;
    this.#lasting = {
      unvalued: new LastingNews(parts.book, UNVALUED),
      unknown_trips: new LastingNews(parts.book, UNKNOWN_TRIPS),
      unconfirmed_lease: new UnconfirmedLease(parts.book, parts.gateways),
    };
    this.#sweep = new Sweep(parts);
  }

  /** One round, which ends within `DUTY_WAIT_MS`. A second caller waits for the round that is under way. */
  run(now: number): Promise<void> {
    this.#running ??= this.#round(now).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #round(now: number): Promise<void> {
    const { book, gateways, wishes, notices } = this.#parts;
    // Opening a transaction is what rolls the day.
    book.commit(now, (state) => {
      book.recordRisk(state);
      tellRepeats(book, state, now);
    });
    wishes.refresh(book.state(now));
    const done = await Promise.all([
      this.#duty("outbox", () => book.outbox.flush()),
      this.#duty("gateway_calls", () => gateways.settle()),
      this.#duty("wishes", () => wishes.declare()),
      this.#duty("notices", async () => {
        await notices.send();
        return true;
      }),
      ...Object.entries(this.#lasting).map(([name, news]) =>
        this.#duty(name, async () => {
          news.look(now);
          return true;
        }),
      ),
      this.#duty("trips", () => this.#parts.trips.run(now)),
      this.#duty("archive", async () => {
        await this.#parts.archive.run(now);
        return true;
      }),
      ...this.#sweep.accountsDue(now).map((account) =>
        this.#duty(sweepOf(account), async () => {
          await this.#sweep.run(account, now);
          return true;
        }),
      ),
    ]);
    this.#failures = done.every(Boolean) ? 0 : this.#failures + 1;
  }

  /** False when it is not done, or has not settled in time: then it goes on beside the next rounds. */
  async #duty(name: string, work: () => Promise<boolean>): Promise<boolean> {
    const { log } = this.#parts;
    if (this.#unsettled.has(name)) {
      log("error", "duty_still_hangs", { duty: name });
      return false;
    }
    this.#unsettled.add(name);
    const late = Promise.withResolvers<boolean>();
    const takeBack = this.#parts.after(DUTY_WAIT_MS, () => {
      log("error", "duty_hangs", { duty: name, waitedMs: DUTY_WAIT_MS });
      late.resolve(false);
    });
    return Promise.race([this.#settled(name, work, takeBack), late.promise]);
  }

  async #settled(
    name: string,
    work: () => Promise<boolean>,
    takeBack: () => void,
  ): Promise<boolean> {
    const done = await this.#attempt(name, work);
    takeBack();
    this.#unsettled.delete(name);
    return done;
  }

  async #attempt(name: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      const done = await work();
      if (!done) this.#parts.log("warn", "duty_not_done", { duty: name });
      return done;
    } catch (error) {
      this.#parts.log("error", "duty_failed", { duty: name, error: errorText(error) });
      return false;
    }
  }

  /** When there is something to see to, ms since 1970; null when nothing is open and all is told. */
  nextDueAt(now: number): number | null {
    const { book, gateways, wishes, notices, trips } = this.#parts;
    const owed = book.outbox.size > 0 || gateways.owed > 0 || wishes.pending || notices.waiting;
    const watched = [...book.state(now).holdings.values()].some(
      ({ orders, position }) => orders.size > 0 || !position.quantity.eq(ZERO),
    );
    if (!owed && !watched) return null;
    const turn = now + WATCHDOG_INTERVAL_MS;
    const retry = now + RETRY_DELAY_MS * 2 ** Math.min(this.#failures, 8);
    // What has not settled is not begun again: it has its turn once it has.
    const settled = (duty: string): boolean => !this.#unsettled.has(duty);
    const overdue = this.#sweep.dueAt(now, (account) => settled(sweepOf(account)));
    const tripsAt = settled("trips") ? trips.dueAt() : turn;
    return Math.max(
      now + ALARM_DELAY_MS_MIN,
      Math.min(turn, overdue, tripsAt, owed ? retry : turn),
    );
  }
}

const sweepOf = (account: string): string => `sweep of ${account}`;
