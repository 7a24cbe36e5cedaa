/** Looks after the sockets that read too slowly, for as long as there are any: whether they caught up, or have to be closed. */
import { LAGGING_CHECK_MS } from "../src/domain/limits.ts";
import type { AlgoSocket } from "./market.socket.ts";

export class LagWatch {
  readonly #sockets: () => Iterable<AlgoSocket>;
  #timer: number | null = null;

  constructor(sockets: () => Iterable<AlgoSocket>) {
    this.#sockets = sockets;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      let isAnyLagging = false;
      for (const algo of this.#sockets()) {
        algo.checkLag(Date.now());
        isAnyLagging ||= algo.isLagging && !algo.isClosed;
      }
      if (isAnyLagging || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    }, LAGGING_CHECK_MS);
  }
}
