/** Topics of signals that the algo wants, and the last value seen of each: what passes rises strictly, over every line. */
import {
  SIGNAL_TOPICS_PER_SOCKET_MAX,
  signalTopic,
  type SignalView,
} from "../../src/contract/signals.ts";
import { TrunklineError } from "./errors.ts";

export class Topics {
  readonly #last = new Map<string, number>();

  get all(): string[] {
    return [...this.#last.keys()];
  }

  /** Answers those that are new. Throws for one that is no topic, and for too many; then none is added. */
  add(topics: readonly string[]): string[] {
    for (const topic of topics) check(topic);
    const fresh = [...new Set(topics)].filter((topic) => !this.#last.has(topic));
    if (this.#last.size + fresh.length > SIGNAL_TOPICS_PER_SOCKET_MAX) {
      const message = `signals: at most ${SIGNAL_TOPICS_PER_SOCKET_MAX} topics can be held`;
      throw new TrunklineError({ code: "SUBSCRIPTION_LIMIT", message });
    }
    for (const topic of fresh) this.#last.set(topic, 0);
    return fresh;
  }

  /** Answers those that were wanted. */
  remove(topics: readonly string[]): string[] {
    return topics.filter((topic) => this.#last.delete(topic));
  }

  passes({ topic, seq }: SignalView): boolean {
    const last = this.#last.get(topic);
    if (last === undefined || seq <= last) return false;
    this.#last.set(topic, seq);
    return true;
  }
}

function check(topic: string): void {
  const parsed = signalTopic.safeParse(topic);
  if (parsed.success) return;
  const message = `signals: "${topic}" ${parsed.error.issues[0]?.message ?? "is no topic"}`;
  throw new TrunklineError({ code: "BAD_REQUEST", message });
}
