/** What the algos' end of the stream offers to the rest: markets, and the manager that places sockets on them. */
import type { ApiError } from "../contract/errors.ts";
import type { DrainClose, MarketView } from "../contract/markets.ts";
import type { RiskChannelView } from "../contract/risk-channel.ts";
import type { SignalValue, SignalView } from "../contract/signals.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { Order } from "../domain/order.ts";
import type { Result } from "../domain/result.ts";
import type { ProviderFollower, ProvidersPort } from "./provider-ports.ts";

/** Events of the ledger for the `orders` and `risk` channels, oldest first. */
export interface LedgerNotice {
  version: number;
  order: Order | null;
  risk: RiskChannelView | null;
}

/** What a market that follows the ledger asks to be told at once. */
export interface CatchUpAsk {
  /** Events after this version; null for none. */
  since: number | null;
  /** Only this algo's orders; null for all. */
  algoId: string | null;
}

export interface CatchUp {
  /** Of the ledger now: notices after it follow by themselves. */
  version: number;
  /** Orders as they stood after each event that was asked for, oldest first. */
  notices: LedgerNotice[];
  /** False when there was more than is sent at once, or the version asked for was never reached: read the lists. */
  complete: boolean;
  risk: RiskChannelView;
}

/** A market as it counts itself. */
export interface MarketCounts {
  market: string;
  sockets: number;
  instruments: number;
  deliveriesPerSecond: number;
  bufferedBytes: number;
  laggingSockets: number;
}

/** Signals between algos: one owner of every topic's sequence and last value. */
export interface SignalsPort {
  publishSignal(signal: {
    topic: string;
    value: SignalValue;
    by: string;
  }): Promise<Result<SignalView, ApiError>>;
  /** From now on this market is told every new value; answers the last ones of these topics. */
  followSignals(market: string, topics: string[]): Promise<SignalView[]>;
  unfollowSignals(market: string): Promise<void>;
  /** The last value of every topic. */
  signals(): Promise<SignalView[]>;
}

export interface MarketPort extends ProviderFollower {
  /** The ledger's events for the sockets of this market. */
  publish(notices: LedgerNotice[]): Promise<void>;
  view(): Promise<MarketCounts>;
  /** Takes no new socket; those there are told, and closed at once or when told again. Null: takes sockets again. */
  drain(plan: { close: DrainClose; reason: string } | null): Promise<void>;
  /** Instruments that its sockets hold. */
  held(): Promise<InstrumentId[]>;
  /** New values of topics, each topic's in order. */
  takeSignals(signals: SignalView[]): Promise<void>;
  /** Closes every socket of a revoked key, and takes none of it any more. Answers how many there were. */
  closeKey(keyId: string): Promise<{ closed: number }>;
}

/** Who is to get a socket. */
export interface SocketWish {
  /** The API key's id; null for people and the development key. */
  keyId: string | null;
  /** The market that has just refused this socket, because it is full or draining. */
  refusedBy: string | null;
}

export interface MarketManagerPort extends SignalsPort, ProvidersPort {
  /** The market that a new algo socket is to be opened on, and how many it may have with it; null for a revoked key. */
  place(wish: SocketWish): Promise<{ market: string; socketsMax: number } | null>;
  /** A market's number of sockets changed. */
  report(market: string, sockets: number): Promise<void>;
  markets(): Promise<MarketView[]>;
  setSocketsMax(socketsMax: number): Promise<MarketView[]>;
  drain(
    market: string,
    plan: { close: DrainClose; by: string; reason: string },
  ): Promise<Result<MarketView, ApiError>>;
  undrain(market: string): Promise<Result<MarketView, ApiError>>;
  /** Closes the streams of a revoked key on every market; names the markets that could not be told yet. */
  closeKey(keyId: string): Promise<{ closed: number; unreached: string[] }>;
  /** Watchdog: counts as the markets say them, what is owed to them, drains whose hour has come. */
  ensure(): Promise<void>;
}
