/**
 * The highest epoch that anybody may have seen of each provider's ticks. Whoever takes over from another
 * numbers above it: a market that was evicted, or came later, cannot know what its algos have seen.
 */
import type { ProviderStorage } from "./market-manager.provider-storage.ts";

export class ProviderEpochs {
  readonly #storage: ProviderStorage;
  readonly #epochs: Map<string, number>;

  constructor(storage: ProviderStorage) {
    this.#storage = storage;
    this.#epochs = new Map(JSON.parse(storage.setting("epochs") ?? "[]") as [string, number][]);
  }

  /** Takes what a shard says. An epoch begins with a connection or a hand-over: rarely enough to be stored. */
  hear(provider: string, epoch: number): void {
    if (epoch <= (this.#epochs.get(provider) ?? 0)) return;
    this.#epochs.set(provider, epoch);
    this.#storage.set("epochs", JSON.stringify([...this.#epochs]));
  }

  /** What this provider's numbers have to be above: every other's. 0 while no other was heard of. */
  aboveOf(provider: string): number {
    return Math.max(
      0,
      ...[...this.#epochs].map(([name, epoch]) => (name === provider ? 0 : epoch)),
    );
  }
}
