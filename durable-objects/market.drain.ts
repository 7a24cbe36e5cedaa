/** Empties a market: it takes no new socket, tells those it has, and closes them some at a time so that they come back elsewhere. */
import { errorText, type Log } from "../src/application/log.ts";
import type { DrainClose } from "../src/contract/markets.ts";
import {
  CLOSE_MOVED,
  DRAIN_CLOSES_AT_ONCE,
  DRAIN_CLOSES_PAUSE_MS,
} from "../src/domain/market-limits.ts";
import type { AlgoSocket } from "./market.socket.ts";

export interface DrainPlan {
  close: DrainClose;
  reason: string;
}

export interface DrainHost {
  market: string;
  /** As stored; null when it is not draining. */
  stored(): DrainPlan | null;
  store(plan: DrainPlan | null): void;
  sockets(): Iterable<AlgoSocket>;
  sendAway(algo: AlgoSocket, code: number, reason: string): void;
  /** Keeps the object awake until this is done. */
  waitUntil(work: Promise<unknown>): void;
  log: Log;
}

export class Drain {
  readonly #host: DrainHost;
  #plan: DrainPlan | null;
  #closing: Promise<void> | null = null;

  constructor(host: DrainHost) {
    this.#host = host;
    this.#plan = host.stored();
  }

  get isOn(): boolean {
    return this.#plan !== null;
  }

  /** Saying the same again tells nobody twice. */
  set(plan: DrainPlan | null): void {
    const isNew = plan !== null && plan.close !== this.#plan?.close;
    this.#plan = plan;
    this.#host.store(plan);
    if (isNew) for (const algo of this.#host.sockets()) this.tell(algo);
    this.resume();
  }

  tell(algo: AlgoSocket): void {
    if (!this.#plan) return;
    const { close, reason } = this.#plan;
    const message = close === "now" ? `${reason}; come back at once` : reason;
    algo.send({ type: "draining", market: this.#host.market, close, message });
  }

  /** Goes on with the closing, also after an eviction in its midst. */
  resume(): void {
    if (this.#plan?.close !== "now" || this.#closing) return;
    this.#closing = this.#closeAll()
      .catch((error: unknown) =>
        this.#host.log("error", "drain_failed", { reason: errorText(error) }),
      )
      .finally(() => {
        this.#closing = null;
      });
    this.#host.waitUntil(this.#closing);
  }

  async #closeAll(): Promise<void> {
    while (this.#plan?.close === "now") {
      const some = [...this.#host.sockets()].slice(0, DRAIN_CLOSES_AT_ONCE);
      if (some.length === 0) return;
      const reason = `${this.#host.market} is drained: come back at once`;
      for (const algo of some) this.#host.sendAway(algo, CLOSE_MOVED, reason);
      await scheduler.wait(DRAIN_CLOSES_PAUSE_MS);
    }
  }
}
