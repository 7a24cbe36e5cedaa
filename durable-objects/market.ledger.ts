/**
 * The `orders` and `risk` channels of a market: hands on the ledger's events in the order of their
 * versions, to each socket once, and asks the ledger for those that did not come. It decides nothing.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { CatchUp, LedgerNotice, RiskLedgerPort } from "../src/application/ports.ts";
import { type Caller, may } from "../src/application/caller.ts";
import type { AlgoSocket } from "./market.socket.ts";

type LedgerChannel = "orders" | "risk";

export interface LedgerFeedHost {
  /** The market's own. */
  name: string;
  ledger(): Pick<RiskLedgerPort, "follow" | "unfollow">;
  sockets(): Iterable<AlgoSocket>;
  /** What was missed is more than can be sent: the socket has to come again and read the lists. */
  sendAway(algo: AlgoSocket, reason: string): void;
  log: Log;
}

/** How far a socket has come. Memory only: after an eviction a version may come to it twice. */
interface Progress {
  /** Of the last order event it was sent, or passed over. */
  version: number;
  /** Events that came while its catch-up was on its way. */
  held: LedgerNotice[] | null;
}

export class LedgerFeed {
  readonly #host: LedgerFeedHost;
  readonly #progress = new WeakMap<AlgoSocket, Progress>();
  /** Of the last event that came; null until one did, or a follow was answered. */
  #version: number | null = null;
  #publishing: Promise<void> = Promise.resolve();
  /** Subscribes under way: they need the ledger's word as much as those that were answered. */
  #asking = 0;
  /** Until the ledger has taken the last goodbye: a follow must not overtake it. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(host: LedgerFeedHost) {
    this.#host = host;
  }

  /** Catch-up first, then the base that is answered, then every event after it. Null for a socket that is gone. */
  async subscribe(
    algo: AlgoSocket,
    channel: LedgerChannel,
    since: number | null,
  ): Promise<Pick<CatchUp, "version" | "complete"> | null> {
    const progress = this.#progressOf(algo);
    if (channel === "orders") progress.held ??= [];
    this.#asking += 1;
    try {
      await this.#leaving;
      const algoId = seesAll(algo.caller) ? null : algo.caller.algoId;
      const answer = await this.#host.ledger().follow(this.#host.name, { since, algoId });
      this.#version ??= answer.version;
      if (algo.isClosed) return null;
      algo.channels.add(channel);
      algo.saveAttachment();
      const { version, complete, risk } = answer;
      if (channel === "risk") algo.send({ type: "risk", version, risk });
      else {
        for (const notice of answer.notices) sendOrder(algo, notice);
        progress.version = version;
      }
      return { version, complete };
    } catch (error) {
      this.release(algo);
      throw error;
    } finally {
      this.#asking -= 1;
      this.unfollowIfLast();
    }
  }

  /** The answer to a subscribe has been sent: what came meanwhile may follow it. */
  release(algo: AlgoSocket): void {
    const progress = this.#progressOf(algo);
    const { held } = progress;
    progress.held = null;
    for (const notice of held ?? []) this.#deliver(algo, notice);
  }

  unsubscribe(algo: AlgoSocket, channel: LedgerChannel): void {
    algo.channels.delete(channel);
    algo.saveAttachment();
    this.unfollowIfLast();
  }

  unfollowIfLast(): void {
    if (this.#asking > 0) return;
    for (const algo of this.#host.sockets()) if (!algo.isClosed && hasLedgerChannel(algo)) return;
    this.#version = null;
    this.#leaving = this.#host
      .ledger()
      .unfollow(this.#host.name)
      .catch((error: unknown) => {
        // The ledger goes on telling a market that nobody asks any more: idle talk, no harm.
        this.#host.log("warn", "unfollow_failed", { reason: errorText(error) });
      });
  }

  /** Resolves when all of it was handed on: until then the ledger keeps it. */
  publish(notices: readonly LedgerNotice[]): Promise<void> {
    const done = this.#publishing.then(() => this.#publish(notices));
    this.#publishing = done.catch(() => {});
    return done;
  }

  async #publish(notices: readonly LedgerNotice[]): Promise<void> {
    for (const notice of notices) {
      if (this.#isAfterHole(notice)) await this.#fill();
      this.#take(notice);
    }
  }

  /** Events are numbered one by one; risk figures carry the number of the last event before them. */
  #isAfterHole({ version, risk }: LedgerNotice): boolean {
    return this.#version !== null && version > this.#version + (risk ? 0 : 1);
  }

  /** The ledger lost what it had still to tell, as when it was evicted: it has the events themselves. */
  async #fill(): Promise<void> {
    const since = this.#version;
    const answer = await this.#host.ledger().follow(this.#host.name, { since, algoId: null });
    this.#host.log("warn", "ledger_events_missed", { since, version: answer.version });
    for (const notice of answer.notices) this.#take(notice);
    this.#version = Math.max(this.#version ?? 0, answer.version);
    if (answer.complete) return;
    for (const algo of this.#host.sockets())
      if (algo.channels.has("orders"))
        this.#host.sendAway(algo, "too many order events were missed");
  }

  #take(notice: LedgerNotice): void {
    const { version, order, risk } = notice;
    this.#version = Math.max(this.#version ?? 0, version);
    for (const algo of this.#host.sockets()) {
      if (algo.isClosed) continue;
      if (order) this.#deliver(algo, notice);
      if (risk && algo.channels.has("risk")) algo.send({ type: "risk", version, risk });
    }
  }

  #deliver(algo: AlgoSocket, notice: LedgerNotice): void {
    const progress = this.#progressOf(algo);
    if (progress.held) {
      progress.held.push(notice);
      return;
    }
    if (!algo.channels.has("orders") || notice.version <= progress.version) return;
    progress.version = notice.version;
    sendOrder(algo, notice);
  }

  #progressOf(algo: AlgoSocket): Progress {
    const known = this.#progress.get(algo);
    if (known) return known;
    const progress: Progress = { version: 0, held: null };
    this.#progress.set(algo, progress);
    return progress;
  }
}

function sendOrder(algo: AlgoSocket, { version, order }: LedgerNotice): void {
  if (order && maySee(algo.caller, order.algoId)) algo.send({ type: "order", version, order });
}

const hasLedgerChannel = (algo: AlgoSocket): boolean =>
  algo.channels.has("orders") || algo.channels.has("risk");

const seesAll = (caller: Caller): boolean => caller.algoId === null || may(caller, "admin");

/** An algo's key sees its own orders; people, administrators and keys of no algo see all. */
const maySee = (caller: Caller, algoId: string): boolean =>
  seesAll(caller) || caller.algoId === algoId;
