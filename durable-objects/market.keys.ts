/** What one API key may use of a market over all its sockets. People and the local development key are the operator's own. */
import type { Caller } from "../src/application/caller.ts";
import {
  STREAM_KEY_INSTRUMENTS_MAX,
  STREAM_KEY_MESSAGES_PER_SECOND_MAX,
} from "../src/domain/market-limits.ts";
import type { AlgoSocket } from "./market.socket.ts";

export class KeyUse {
  readonly #sockets: () => Iterable<AlgoSocket>;
  #second = 0;
  /** Messages of each key in this second. */
  #messages = new Map<string, number>();

  constructor(sockets: () => Iterable<AlgoSocket>) {
    this.#sockets = sockets;
  }

  /** True when the key may send one more message in this second. */
  mayTalk({ kind, id }: Caller, now: number): boolean {
    if (kind !== "algo") return true;
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#messages = new Map();
    this.#second = second;
    const messages = (this.#messages.get(id) ?? 0) + 1;
    this.#messages.set(id, messages);
    return messages <= STREAM_KEY_MESSAGES_PER_SECOND_MAX;
  }

  /** How many instruments the key would hold with these; null when that is not too many. */
  tooMany({ kind, id }: Caller, fresh: number): number | null {
    if (kind !== "algo") return null;
    let held = fresh;
    for (const { caller, instruments, candles } of this.#sockets())
      if (caller.kind === kind && caller.id === id) held += instruments.size + candles.size;
    return held > STREAM_KEY_INSTRUMENTS_MAX ? held : null;
  }
}
