/** What every shard last said of its instruments, by instrument and provider. Memory only: shards say it again. */
import type { HealthReport } from "../src/application/provider-ports.ts";
import type { ProviderState } from "../src/domain/failover.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";

interface Said {
  provider: string;
  state: ProviderState;
  isWanted: boolean;
}

/** With an instrument on two shards of one provider, the better word counts. */
const BEST_FIRST: readonly ProviderState[] = ["fresh", "stale", "disconnected", "unknown"];

export class ProviderHealths {
  readonly #heardAt = new Map<string, number>();
  readonly #said = new Map<InstrumentId, Map<string, Said>>();

  /** Takes a report; answers every instrument that it says something of, those that it left out too. */
  take(report: HealthReport, now: number): InstrumentId[] {
    const { shard, provider, isConnected } = report;
    this.#heardAt.set(shard, now);
    const touched = new Set(this.#heldBy(shard));
    for (const instrument of touched) this.#said.get(instrument)?.delete(shard);
    for (const { instrument, isFresh, isWanted } of report.instruments) {
      const known = isFresh === null ? "unknown" : isFresh ? "fresh" : "stale";
      const bySaid = this.#said.get(instrument) ?? new Map<string, Said>();
      bySaid.set(shard, { provider, state: isConnected ? known : "disconnected", isWanted });
      this.#said.set(instrument, bySaid);
      touched.add(instrument);
    }
    for (const instrument of touched)
      if (this.#said.get(instrument)?.size === 0) this.#said.delete(instrument);
    return [...touched];
  }

  /** Shards not heard of since `before` count as disconnected; answers what that changes. */
  lose(before: number): { instrument: InstrumentId; provider: string }[] {
    const lost: { instrument: InstrumentId; provider: string }[] = [];
    for (const [shard, at] of this.#heardAt) {
      if (at > before) continue;
      this.#heardAt.delete(shard);
      for (const instrument of this.#heldBy(shard)) {
        const said = this.#said.get(instrument)?.get(shard);
        if (!said) continue;
        said.state = "disconnected";
        lost.push({ instrument, provider: said.provider });
      }
    }
    return lost;
  }

  isWanted(instrument: InstrumentId): boolean {
    return [...(this.#said.get(instrument)?.values() ?? [])].some(({ isWanted }) => isWanted);
  }

  stateOf(instrument: InstrumentId, provider: string): ProviderState {
    const states = new Set<ProviderState>();
    for (const said of this.#said.get(instrument)?.values() ?? [])
      if (said.provider === provider) states.add(said.state);
    return BEST_FIRST.find((state) => states.has(state)) ?? "unknown";
  }

  #heldBy(shard: string): InstrumentId[] {
    return [...this.#said].flatMap(([instrument, bySaid]) =>
      bySaid.has(shard) ? [instrument] : [],
    );
  }
}
