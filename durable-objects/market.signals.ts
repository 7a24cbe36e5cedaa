/**
 * The `signals` channel of a market: hands on what algos publish, to each socket the topics it asked
 * for, each topic by a rising sequence. The sequences and the last values are kept elsewhere.
 */
import { errorText, type Log } from "../src/application/log.ts";
import { may, publisherName } from "../src/application/caller.ts";
import type { SignalsPort } from "../src/application/ports.ts";
import type { StreamRequest } from "../src/contract/stream.ts";
import type { SignalView } from "../src/contract/signals.ts";
import { SIGNAL_TOPICS_PER_SOCKET_MAX } from "../src/domain/market-limits.ts";
import { echo, refuse } from "./market.answers.ts";
import type { AlgoSocket } from "./market.socket.ts";

type SubscribeSignals = Extract<StreamRequest, { op: "subscribe"; channel: "signals" }>;
type UnsubscribeSignals = Extract<StreamRequest, { op: "unsubscribe"; channel: "signals" }>;
type Publish = Extract<StreamRequest, { op: "publish" }>;

export interface SignalFeedHost {
  /** The market's own. */
  name: string;
  signals(): SignalsPort;
  sockets(): Iterable<AlgoSocket>;
  log: Log;
}

export class SignalFeed {
  readonly #host: SignalFeedHost;
  /** By topic the last `seq` that a socket was sent. Memory only: after an eviction one may come twice. */
  readonly #sent = new WeakMap<AlgoSocket, Map<string, number>>();
  /** What came while a socket's subscribe was being answered: an entry for each that is under way. */
  readonly #held = new Map<AlgoSocket, SignalView[]>();
  /** Until the last goodbye was taken: a follow must not overtake it. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(host: SignalFeedHost) {
    this.#host = host;
  }

  /** The answer, then the last value of each topic, then every new one. */
  async subscribe(algo: AlgoSocket, request: SubscribeSignals): Promise<void> {
    const topics = new Set([...algo.topics, ...request.topics]);
    if (topics.size > SIGNAL_TOPICS_PER_SOCKET_MAX) {
      const message = `a socket holds at most ${SIGNAL_TOPICS_PER_SOCKET_MAX} topics; this would be ${topics.size}`;
      return refuse(
        algo,
        { code: "SUBSCRIPTION_LIMIT", message, details: null },
        request.requestId,
      );
    }
    const held: SignalView[] = [];
    this.#held.set(algo, held);
    try {
      await this.#leaving;
      // Following comes first: what is published from then on reaches this market.
      const last = await this.#host.signals().followSignals(this.#host.name, request.topics);
      if (algo.isClosed) return;
      for (const topic of request.topics) algo.topics.add(topic);
      this.#answer(algo, "subscribed", request);
      // What is asked for again is shown again: a client that missed something repairs itself so.
      for (const { topic } of last) this.#sentOf(algo).delete(topic);
      for (const signal of last) this.#send(algo, signal);
    } finally {
      this.#held.delete(algo);
      for (const signal of held) this.#send(algo, signal);
      this.unfollowIfLast();
    }
  }

  unsubscribe(algo: AlgoSocket, request: UnsubscribeSignals): void {
    for (const topic of request.topics) algo.topics.delete(topic);
    this.#answer(algo, "unsubscribed", request);
    this.unfollowIfLast();
  }

  async publish(algo: AlgoSocket, request: Publish): Promise<void> {
    const { topic, value, requestId } = request;
    if (!may(algo.caller, "trade")) {
      const message = "publishing needs a key with the scope trade";
      return refuse(algo, { code: "FORBIDDEN", message, details: null }, requestId);
    }
    const answer = await this.#host
      .signals()
      .publishSignal({ topic, value, by: publisherName(algo.caller) });
    if (!answer.ok) return refuse(algo, answer.error, requestId);
    algo.send({ type: "published", topic, seq: answer.value.seq, ...echo(request) });
  }

  take(signals: readonly SignalView[]): void {
    for (const signal of signals)
      for (const algo of this.#host.sockets()) {
        const held = this.#held.get(algo);
        if (held) held.push(signal);
        else this.#send(algo, signal);
      }
  }

  unfollowIfLast(): void {
    // Who is being answered needs what is published as much as those who were.
    if (this.#held.size > 0) return;
    for (const algo of this.#host.sockets()) if (!algo.isClosed && algo.topics.size > 0) return;
    this.#leaving = this.#host
      .signals()
      .unfollowSignals(this.#host.name)
      .catch((error: unknown) => {
        // It goes on telling a market where nobody listens: idle talk, no harm.
        this.#host.log("warn", "signals_unfollow_failed", { reason: errorText(error) });
      });
  }

  #send(algo: AlgoSocket, signal: SignalView): void {
    if (algo.isClosed || !algo.topics.has(signal.topic)) return;
    const sent = this.#sentOf(algo);
    if (signal.seq <= (sent.get(signal.topic) ?? 0)) return;
    sent.set(signal.topic, signal.seq);
    algo.send({ type: "signal", ...signal });
  }

  #sentOf(algo: AlgoSocket): Map<string, number> {
    const known = this.#sent.get(algo);
    if (known) return known;
    const sent = new Map<string, number>();
    this.#sent.set(algo, sent);
    return sent;
  }

  #answer(
    algo: AlgoSocket,
    type: "subscribed" | "unsubscribed",
    request: { requestId?: string | undefined },
  ): void {
    if (algo.topics.size > 0) algo.channels.add("signals");
    else algo.channels.delete("signals");
    algo.saveAttachment();
    const topics = [...algo.topics];
    const channel = "signals" as const;
    const answer = { channel, ...algo.position, instruments: [], topics, ...echo(request) };
    algo.send(type === "subscribed" ? { type, ...answer } : { type, ...answer });
  }
}
