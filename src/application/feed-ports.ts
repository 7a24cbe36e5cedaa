/** What the objects of the feed ask of each other: the broker's manager and its shards. Plain data, so that it can cross RPC. */
import type { BrokerToken, PastTrades } from "../brokers/broker.ts";
import type { BrokerView, SessionView } from "../contract/brokers.ts";
import type { ApiError } from "../contract/errors.ts";
import type { TickView } from "../contract/market.ts";
import type { CleaningView, QualityView } from "../contract/quality.ts";
import type { BrokerLimits, LearnedLimit } from "../domain/broker-limits.ts";
import type { CandleInterval } from "../domain/candle.ts";
import type { CandlePart } from "../domain/candle-builder.ts";
import type { CandleGap, MarkedCandle } from "../domain/candle-join.ts";
import type { CandleBase } from "../domain/candle-series.ts";
import type { CleaningSettings } from "../domain/cleaning.ts";
import type { Drain } from "../domain/drain.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type { Result } from "../domain/result.ts";
import type { FeedMode, MarketUpdate } from "../domain/tick.ts";

/** One consumer's whole wish at one broker: declared, so that saying it twice changes nothing. */
export interface FeedWish {
  instrument: InstrumentId;
  mode: FeedMode;
  /** The highest epoch that the consumer has seen of it from another provider: what it gets now must be above. */
  above?: number;
}

/** A durable object that shards push frames to: a market, or the ledger for its marks. */
export type ConsumerId = `market:${string}` | `ledger:${string}` | StandbyId;

/** Wants instruments kept subscribed and ready, and is sent nothing. */
export type StandbyId = `standby:${string}`;

export interface BrokerManagerPort {
  /**
   * Replaces the consumer's wish list. The answer names what was kept: all but what is new to it and unknown.
   * A full account refuses it whole; a ledger's is kept as far as there is room.
   */
  declare(consumer: ConsumerId, wishes: FeedWish[]): Promise<Result<DeclareAnswer, ApiError>>;
  pin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>>;
  unpin(instruments: InstrumentId[]): Promise<Result<DeclareAnswer, ApiError>>;
  /** Weights that are left out stay as they are. */
  setFeed(
    shards: number,
    weights?: Record<InstrumentId, number>,
  ): Promise<Result<BrokerView, ApiError>>;
  /** Takes nothing new and closes then; null lifts it. */
  drain(when: Drain["when"] | null): Promise<Result<BrokerView, ApiError>>;
  /** The same of one shard, by its number: what it has moves to the others. */
  drainShard(shard: number, when: Drain["when"] | null): Promise<Result<BrokerView, ApiError>>;
  /** A refusal taught a limit; answers the limits to go by from now on. */
  learnLimit(lesson: LearnedLimit): Promise<BrokerLimits>;
  /** Goes by the configured limits again. */
  forgetLimits(): Promise<BrokerView>;
  /** A shard is about to connect. */
  openConnection(shard: string): Promise<ConnectionGrant>;
  /** What a shard holds now; an older assignment's report changes nothing. */
  report(report: ShardReport): Promise<void>;
  instruments(): Promise<Instrument[]>;
  quotes(instruments: InstrumentId[]): Promise<TickView[]>;
  candles(request: {
    instrument: InstrumentId;
    interval: CandleInterval;
    from: number;
    to: number;
  }): Promise<Result<MarkedCandle[], ApiError>>;
  /** The same bars, and which of their parts can still change: what live bars go on from. */
  candleBase(request: {
    instrument: InstrumentId;
    interval: CandleInterval;
    from: number;
    to: number;
    /** A time in which ticks are missing, that was not handed over yet. */
    gap?: CandleGap;
  }): Promise<Result<CandleBase, ApiError>>;
  /** Single trades of the past, of a broker that gives them; of another, and when it cannot be asked, an error. */
  trades(request: {
    instrument: InstrumentId;
    /** The exchange's clock, ms since 1970. */
    since: number;
    max: number;
  }): Promise<Result<PastTrades, ApiError>>;
  /** Bars that a shard built, and the gaps in its ticks; the same again changes nothing. */
  keepCandles(batch: OwnCandles): Promise<void>;
  view(): Promise<BrokerView>;
  /** How good the data of each held instrument is. */
  quality(): Promise<QualityView[]>;
  cleaning(instruments: InstrumentId[]): Promise<Result<CleaningView[], ApiError>>;
  /** Null goes back to the default. Shards follow at once, and are told again when they connect. */
  setCleaning(
    instrument: InstrumentId,
    settings: CleaningSettings | null,
  ): Promise<Result<CleaningView, ApiError>>;
  /** By what a shard judges these instruments. */
  feedTerms(instruments: InstrumentId[]): Promise<FeedTerms[]>;
  ensure(): Promise<void>;
  /** The token of now. Signs in first when that is due; else it asks no broker. */
  session(): Promise<SessionGrant>;
  /** The broker did not take the token of this generation. */
  sessionRefused(generation: number, reason: string): Promise<void>;
  /** Signs in anew with what a person brought, or tries the stored credential again. */
  renewSession(proof: SessionProof): Promise<Result<SessionView, ApiError>>;
}

/** `reason`: why there is no token; nothing may be sent to the broker then. */
export type SessionGrant = { kind: "token"; token: BrokerToken } | { kind: "none"; reason: string };

export interface SessionProof {
  requestToken?: string | undefined;
  credential?: string | undefined;
}

/** Whoever works with a broker's token, and is to start over with a new one. */
export interface SessionUser {
  learnSession(grant: SessionGrant): Promise<void>;
}

/** Leave to open one connection. */
export interface ConnectionGrant {
  /** Higher than every one given out before. */
  epoch: number;
  /** It is to wait so long for its turn: a broker counts connects too. */
  waitMs: number;
  limits: BrokerLimits;
}

/** By what an instrument's data is judged. */
export interface FeedTerms {
  instrument: InstrumentId;
  /** While it is shut, nothing is stale. */
  calendar: string;
  cleaning: CleaningSettings;
}

export interface OwnCandle {
  instrument: InstrumentId;
  part: CandlePart;
}

/** Minutes built from ticks, and times in which ticks may be missing from them. */
export interface OwnCandles {
  bars: OwnCandle[];
  gaps: ({ instrument: InstrumentId } & CandleGap)[];
}

export interface DeclareAnswer {
  /** State of each wished instrument: `live` once confirmed upstream or ticking. */
  instruments: { instrument: InstrumentId; state: "pending" | "live" }[];
}

/** What one shard has to hold, whole; `version` rises with each change so that an old one is ignored. */
export interface ShardAssignment {
  version: number;
  broker: string;
  account: string;
  shard: string;
  instruments: AssignedInstrument[];
}

export interface AssignedInstrument {
  instrument: InstrumentId;
  /** The highest that anybody wants: what is subscribed upstream. */
  mode: FeedMode;
  /** Who gets its ticks, each in its own mode and never more. */
  consumers: InstrumentConsumer[];
  /** Subscribed upstream and kept ready, but another shard still delivers it. */
  standby: boolean;
  /** From when on this shard delivers the instrument; null in standby. */
  handOver: HandOver | null;
}

export interface InstrumentConsumer {
  id: ConsumerId;
  mode: FeedMode;
}

/** The moment at which a shard begins to deliver an instrument: nothing is told twice, nothing is left out. */
export interface HandOver {
  /** Stamped on its ticks from here on; above every epoch that the shard before could have used. */
  epoch: number;
  /** The last update that the shard before delivered; null when there was no shard before, or no update. */
  after: MarketUpdate | null;
  /** Until when the shard before told all that came, ms since 1970; null or left out when that is not known. */
  wholeUntil?: number | null;
}

/** The state of a shard's instruments as its manager needs it. */
export interface ShardReport {
  shard: string;
  /** Of the assignment that it holds. */
  version: number;
  /** Confirmed upstream or ticking, and with an open link to every market that wants it. */
  live: InstrumentId[];
}

/** What a shard answers when it lets an instrument go: the same however often it is asked, until it is evicted. */
export interface Release {
  instrument: InstrumentId;
  /** Of the hand-over under which it was delivered here; 0 without one. A later one gives it back. */
  epoch: number;
  /** The last update delivered; null when there was none, or when an eviction has left it unknown. */
  last: MarketUpdate | null;
  /**
   * Until when all that came was told, ms since 1970: when it let go, or when its connection was lost before.
   * Null when it never had it.
   */
  wholeUntil: number | null;
}

export interface FeedShardPort extends SessionUser {
  assign(assignment: ShardAssignment): Promise<ShardReport>;
  /**
   * Stops delivering these instruments, durably, and answers the last update delivered of each.
   * The next assignment takes them away for good, or gives them
   * back under another hand-over.
   */
  release(instruments: InstrumentId[]): Promise<Release[]>;
  quotes(instruments: InstrumentId[]): Promise<TickView[]>;
  /** The bars still in memory, each whole. */
  candles(instrument: InstrumentId, interval: "1s" | "1m"): Promise<CandlePart[]>;
  view(): Promise<BrokerView["shards"][number]>;
  quality(): Promise<QualityView[]>;
  /** These terms hold from now on. */
  learnTerms(terms: FeedTerms[]): Promise<void>;
  ensure(): Promise<void>;
  /** Whether a price came over a socket of this session's generation. */
  flows(generation: number): Promise<boolean>;
  /** Whether a price of any of these comes when it is asked for now; a shut market's last one too. */
  bringsPrices(instruments: InstrumentId[]): Promise<boolean>;
  /** Its connection is open and brings nothing: it is made anew. */
  replaceLine(reason: string): Promise<void>;
}
