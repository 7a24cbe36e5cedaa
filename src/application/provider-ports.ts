/** What shards, markets and the ledger tell and are told of an instrument's ranked providers. Plain data. */
import type { ProvidersView, ProviderSwitchView } from "../contract/providers.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { ApiError } from "../contract/errors.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Result } from "../domain/result.ts";

/** How one shard's instruments are, whole: what is left out is not held any more. */
export interface HealthReport {
  provider: string;
  shard: string;
  isConnected: boolean;
  /** The highest epoch in which it has numbered ticks; 0 before the first. */
  epoch: number;
  instruments: InstrumentHealth[];
}

export interface InstrumentHealth {
  instrument: InstrumentId;
  /** Null while nobody can tell: before the first update, before its interval is learned, while its market is shut. */
  isFresh: boolean | null;
  /** A market or the ledger gets its ticks: it is not only kept ready. */
  isWanted: boolean;
}

/** The provider that consumers are to take an instrument from, and by which switch. An older term changes nothing. */
export interface ActiveProvider {
  instrument: InstrumentId;
  provider: string;
  term: number;
  /** The highest epoch that was heard of from any other provider: what consumers get now must be above. */
  above: number;
  /** For people: why it was changed. */
  reason: string;
}

/** The door of everyone who gets ticks or marks: a switch is told until it has been taken. */
export interface ProviderFollower {
  takeProviders(providers: ActiveProvider[]): Promise<void>;
}

/** Watched instruments whose ranked providers are all down, together: one alert, however many they are. */
export interface FeedAlert {
  since: number;
  instruments: number;
}

export interface ProvidersPort {
  /** The broker that gives an instrument's data; one that no broker knows is left out. */
  providerOf(instruments: InstrumentId[]): Promise<Record<InstrumentId, string>>;
  /** The same with the switch that led to it, for whoever begins to get its ticks: the switch may have been told long before. */
  activeProviders(instruments: InstrumentId[]): Promise<ActiveProvider[]>;
  /** A shard tells how its instruments are; the newest report of a shard counts. */
  health(report: HealthReport): Promise<void>;
  providers(instrument: InstrumentId): Promise<Result<ProvidersView, ApiError>>;
  /** Every watched instrument, by id. */
  watchedProviders(): Promise<ProvidersView[]>;
  /** Null takes the override back: the order of the deployment holds again. */
  rankProviders(
    instrument: InstrumentId,
    ranked: string[] | null,
  ): Promise<Result<ProvidersView, ApiError>>;
  /** Newest first. */
  switches(query: PageQuery): Promise<Result<Page<ProviderSwitchView>, ApiError>>;
  feedAlert(): Promise<FeedAlert | null>;
}
