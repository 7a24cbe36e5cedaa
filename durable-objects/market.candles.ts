/**
 * The `candles` channel of a market: history first, then each bar as it grows and once more when it has
 * closed. The bars are built by the shards; here they are joined with history, folded and handed on.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerManagerPort } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { LinkBars } from "../src/contract/link-bars.ts";
import type { LinkGap } from "../src/contract/link.ts";
import type { StreamRequest } from "../src/contract/stream.ts";
import { type CandleKey, candleKeyText } from "../src/domain/candle.ts";
import type { CandleGap, MarkedCandle } from "../src/domain/candle-join.ts";
import { type CandleChange, partUnit } from "../src/domain/candle-series.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { CANDLE_GRACE_MS } from "../src/domain/limits.ts";
import { MARKET_LIVE_BARS_MAX, STREAM_CANDLE_SERIES_MAX } from "../src/domain/market-limits.ts";
import type { Result } from "../src/domain/result.ts";
import { echo, refuse, tooManyLiveBars, tooManyOfKey, tooManySeries } from "./market.answers.ts";
import { candleBase, candleBases, type ProviderBase } from "./market.history.ts";
import { type Interest, UNAVAILABLE } from "./market.interest.ts";
import type { KeyUse } from "./market.keys.ts";
import type { MarketProviders } from "./market.providers.ts";
import { type Entry, HeldSeries } from "./market.series.ts";
import { SkippedBars, tell } from "./market.skipped.ts";
import type { AlgoSocket } from "./market.socket.ts";
import type { MarketStorage } from "./market.storage.ts";
import { barsOfRead, type HistoryTurns } from "./market.turns.ts";

type SubscribeCandles = Extract<StreamRequest, { op: "subscribe"; channel: "candles" }>;
type UnsubscribeCandles = Extract<StreamRequest, { op: "unsubscribe"; channel: "candles" }>;

export interface CandleFeedHost {
  interest: Interest;
  providers: MarketProviders;
  storage: MarketStorage;
  keys: KeyUse;
  turns: HistoryTurns;
  manager(broker: string): BrokerManagerPort;
  /** Gives new instruments their place; refuses those that no broker knows. */
  know(instruments: readonly InstrumentId[]): Promise<Result<null, ApiError>>;
  /** What is wanted of the shards' bars has changed. */
  wantsChanged(): void;
  log: Log;
}

/** Bars from a link: whose, and of what. */
export interface ProviderBars extends Omit<LinkBars, "alias"> {
  instrument: InstrumentId;
  provider: string;
}

/** Bars are built from trades: more of an instrument is not asked for. */
const MODE = "ltp";

export class CandleFeed {
  readonly #host: CandleFeedHost;
  readonly #held = new HeldSeries();
  readonly #skipped = new SkippedBars();

  constructor(host: CandleFeedHost) {
    this.#host = host;
  }

  /** Which parts of an instrument the shards are asked for. */
  units(instrument: InstrumentId): ReadonlySet<LinkBars["unit"]> {
    return this.#held.units(instrument);
  }

  /** History, then `subscribed`, then the newest bar as it stands and every change after it. */
  async subscribe(algo: AlgoSocket, request: SubscribeCandles): Promise<void> {
    const { interval, history = 0 } = request;
    const asked = request.instruments.map((instrument) => ({ instrument, interval }));
    const fresh = asked.filter((one) => !algo.candles.has(candleKeyText(one)));
    const size = algo.candles.size + fresh.length;
    if (size > STREAM_CANDLE_SERIES_MAX)
      return refuse(algo, tooManySeries(size), request.requestId);
    const ofKey = this.#host.keys.tooMany(algo.caller, fresh.length);
    if (ofKey !== null) return refuse(algo, tooManyOfKey(ofKey), request.requestId);
    const known = await this.#host.know(request.instruments);
    if (!known.ok) return refuse(algo, known.error, request.requestId);
    const bars = this.#held.barsWith(asked);
    if (bars > MARKET_LIVE_BARS_MAX)
      return refuse(algo, tooManyLiveBars(bars, interval), request.requestId);
    const entries = asked.map((one) => this.#held.hold(one));
    for (const entry of entries) entry.waiting += 1;
    const wishes = wishesOf(fresh);
    const acquired = await this.#host.interest.acquire(wishes, request.instruments);
    if (!acquired.ok) {
      this.#stopWaiting(entries);
      return refuse(algo, acquired.error, request.requestId);
    }
    this.#host.wantsChanged();
    const setBacks = entries.map((entry) => entry.setBacks);
    // Asked for before history is: what closes in between is held, and joins it.
    const bases = await candleBases(entries, history, this.#host).catch(() => null);
    if (!bases?.ok || algo.isClosed) {
      this.#host.interest.release(wishes);
      this.#stopWaiting(entries);
      const error = bases && !bases.ok ? bases.error : UNAVAILABLE;
      return algo.isClosed ? undefined : refuse(algo, error, request.requestId);
    }
    for (const entry of entries) entry.waiting -= 1;
    for (const one of fresh) algo.candles.set(candleKeyText(one), one);
    this.#host.storage.saveCandles(algo.id, algo.candles.values());
    const newest = entries.map((entry, at) => {
      const isOfNow = entry.setBacks === setBacks[at];
      return this.#join(algo, entry, (isOfNow && bases.value[at]) || NO_BASE, history);
    });
    algo.send({
      type: "subscribed",
      channel: "candles",
      ...algo.position,
      instruments: request.instruments.map((instrument) => ({
        instrument,
        state: acquired.value.get(instrument) ?? "live",
      })),
      interval,
      ...echo(request),
    });
    for (const [at, change] of newest.entries()) {
      const entry = entries[at];
      if (entry && change) tell(algo, entry, change);
    }
  }

  unsubscribe(algo: AlgoSocket, request: UnsubscribeCandles): void {
    const { interval } = request;
    const gone = request.instruments
      .map((instrument) => ({ instrument, interval }))
      .filter((one) => algo.candles.delete(candleKeyText(one)));
    this.#host.storage.saveCandles(algo.id, algo.candles.values());
    this.#leave(algo, gone);
    const instruments = gone.map(({ instrument }) => instrument);
    algo.send({
      type: "unsubscribed",
      channel: "candles",
      ...algo.position,
      instruments,
      interval,
      ...echo(request),
    });
  }

  /** A socket is gone. */
  drop(algo: AlgoSocket): void {
    this.#leave(algo, [...algo.candles.values()]);
  }

  /** After an eviction: the socket goes on; its bars are read again with the first that comes. */
  restore(algo: AlgoSocket, series: readonly CandleKey[]): void {
    for (const one of series) {
      algo.candles.set(candleKeyText(one), one);
      this.#held.hold(one).sockets.add(algo);
    }
    this.#host.interest.add(wishesOf(series));
  }

  /** What a shard built. */
  take({ instrument, provider, unit, until, parts, isSetBack }: ProviderBars): void {
    for (const entry of this.#held.of(instrument)) {
      if (partUnit(entry.interval) !== unit) continue;
      if (isSetBack === true) restart(entry, provider);
      entry.series.take(provider, parts, until);
      if (entry.series.isStarted) this.#tell(entry);
      else if (entry.waiting === 0) void this.#load(entry);
    }
  }

  /**
   * Trades may be missing from the bars of this time; once the broker's history has them they are read
   * again. When only the link was broken the shard tells its parts again, as far as it has them.
   */
  gap(gap: LinkGap): void {
    const { instruments, from, to, filled, isLinkOnly } = gap;
    for (const instrument of instruments)
      for (const entry of this.#held.of(instrument)) {
        if (!entry.series.isStarted) continue;
        if (filled === true || (isLinkOnly && to - from > CANDLE_GRACE_MS))
          void this.#load(entry, { from, to });
        else if (!filled && !isLinkOnly) {
          entry.series.gap({ from, to });
          this.#tell(entry);
        }
      }
  }

  /** Answers the newest bar, to be told as it stands. */
  #join(
    algo: AlgoSocket,
    entry: Entry,
    base: ProviderBase,
    history: number,
  ): CandleChange | undefined {
    const { series, instrument, interval } = entry;
    if (!series.isStarted) series.start(base, base.provider, Date.now());
    // Those who were here before hear of what is new first: it is part of this one's history.
    this.#tell(entry);
    entry.sockets.add(algo);
    const bars = new Map<number, MarkedCandle>();
    for (const bar of [...base.bars, ...series.bars()]) bars.set(bar.time, bar);
    const sorted = [...bars.values()].sort((a, b) => a.time - b.time);
    const candles = history > 0 ? sorted.slice(-history) : [];
    if (history > 0)
      algo.send({ type: "history", channel: "candles", instrument, interval, candles });
    return series.newest();
  }

  #leave(algo: AlgoSocket, gone: readonly CandleKey[]): void {
    if (gone.length === 0) return;
    for (const one of gone) {
      const entry = this.#held.get(one);
      entry?.sockets.delete(algo);
      if (entry) this.#held.forgetIfUnused(entry);
    }
    this.#host.interest.release(wishesOf(gone));
    this.#host.wantsChanged();
  }

  #stopWaiting(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.waiting -= 1;
      this.#held.forgetIfUnused(entry);
    }
    this.#host.wantsChanged();
  }

  #tell(entry: Entry): void {
    for (const change of entry.series.changes()) this.#tellAll(entry, change);
  }

  #tellAll(entry: Entry, change: CandleChange): void {
    for (const algo of entry.sockets) {
      // A bar that grows is told by its latest state: a slow reader gets that once it has caught up.
      if (change.isClosed || !algo.isLagging) tell(algo, entry, change);
      else this.#skipped.add(algo, entry);
    }
  }

  /** It reads again. */
  caughtUp(algo: AlgoSocket): void {
    this.#skipped.tell(algo);
  }

  /** Reads history again, after an eviction or for the time of a gap: one after the other, for each gap. */
  async #load(entry: Entry, about: CandleGap | null = null): Promise<void> {
    const { reads, setBacks: asked } = entry;
    if (about === null && reads.length > 0) return;
    if (reads.push({ gap: about, setBacks: asked }) > 1) return;
    for (const { gap: one, setBacks } of reads) {
      const gap = one ?? undefined;
      await this.#host.turns.during(barsOfRead(entry, gap), () => this.#read(entry, setBacks, gap));
    }
    reads.length = 0;
  }

  async #read(entry: Entry, setBacks: number, gap?: CandleGap): Promise<void> {
    const { instrument, interval, series, sockets } = entry;
    // While it waited for its turn its last reader left, or the clock was set back.
    if (sockets.size === 0 || entry.setBacks !== setBacks) return;
    try {
      const base = await candleBase(entry, 0, this.#host, gap);
      if (entry.setBacks !== setBacks) return;
      if (!base.ok) throw new Error(base.error.message);
      // Told before the bars after it, which the series tells itself.
      for (const change of series.restart(base.value, base.value.provider, Date.now(), gap))
        this.#tellAll(entry, change);
      this.#tell(entry);
    } catch (error) {
      // After an eviction the next bar that comes tries again; after a gap its mark stays.
      this.#host.log("warn", "bars_not_read", { instrument, interval, reason: errorText(error) });
    }
  }
}

const NO_BASE: ProviderBase = { bars: [], live: [], provider: "" };

/** Each series is a wish of its own. */
const wishesOf = (series: readonly CandleKey[]): [InstrumentId, typeof MODE][] =>
  series.map(({ instrument }) => [instrument, MODE]);

/** Its bars begin anew, and who has them is told so. */
function restart(entry: Entry, provider: string): void {
  const { instrument, interval, series, sockets } = entry;
  entry.setBacks += 1;
  series.setBack(provider);
  for (const algo of sockets)
    algo.send({
      type: "history",
      channel: "candles",
      instrument,
      interval,
      candles: [],
      restarted: true,
    });
}
