/** What a subscribe to ticks begins with: bars of history, and the last tick of each instrument. */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerManagerPort } from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { depthText, fieldsOfTick } from "../src/contract/link.ts";
import type { StreamMessage, StreamRequest } from "../src/contract/stream.ts";
import { CANDLE_INTERVAL_MS, type CandleKey, candleStart } from "../src/domain/candle.ts";
import type { CandleGap } from "../src/domain/candle-join.ts";
import type { CandleBase } from "../src/domain/candle-series.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { CANDLE_GRACE_MS, STREAM_HISTORY_BARS_MAX } from "../src/domain/limits.ts";
import { HISTORY_CALLS_MAX } from "../src/domain/market-limits.ts";
import { ok, type Result } from "../src/domain/result.ts";
import type { Board } from "./market.board.ts";
import type { MarketProviders } from "./market.providers.ts";

type TicksRequest = Extract<StreamRequest, { op: "subscribe"; channel: "ticks" }>;
type HistoryFrame = Extract<StreamMessage, { type: "history" }>;

interface HistoryHost {
  board: Board;
  providers: MarketProviders;
  manager(broker: string): BrokerManagerPort;
  log: Log;
}

export async function historyFrames(
  request: TicksRequest,
  host: Pick<HistoryHost, "manager" | "providers">,
): Promise<Result<HistoryFrame[], ApiError>> {
  const { history, interval = "1m" } = request;
  if (history === undefined) return ok([]);
  const to = Date.now();
  const from = to - history * CANDLE_INTERVAL_MS[interval];
  const frames: HistoryFrame[] = [];
  for (let at = 0; at < request.instruments.length; at += HISTORY_CALLS_MAX) {
    const part = request.instruments.slice(at, at + HISTORY_CALLS_MAX);
    const answers = await Promise.all(
      part.map(async (instrument) => {
        const asked = host.manager(host.providers.of(instrument));
        return { instrument, answer: await asked.candles({ instrument, interval, from, to }) };
      }),
    );
    for (const { instrument, answer } of answers) {
      if (!answer.ok) return answer;
      const candles = answer.value.slice(-history);
      frames.push({ type: "history", instrument, interval, candles });
    }
  }
  return ok(frames);
}

/** What one provider's history knew: after a switch meanwhile it is still that one's. */
export interface ProviderBase extends CandleBase {
  provider: string;
}

/** What live bars of each series go on from, with so many bars of history. */
export async function candleBases(
  series: readonly CandleKey[],
  history: number,
  host: Pick<HistoryHost, "manager" | "providers">,
): Promise<Result<ProviderBase[], ApiError>> {
  const bases: ProviderBase[] = [];
  for (let at = 0; at < series.length; at += HISTORY_CALLS_MAX) {
    const some = series.slice(at, at + HISTORY_CALLS_MAX);
    const answers = await Promise.all(some.map((one) => candleBase(one, history, host)));
    for (const answer of answers) {
      if (!answer.ok) return answer;
      bases.push(answer.value);
    }
  }
  return ok(bases);
}

export async function candleBase(
  { instrument, interval }: CandleKey,
  history: number,
  host: Pick<HistoryHost, "manager" | "providers">,
  gap?: CandleGap,
): Promise<Result<ProviderBase, ApiError>> {
  const to = Date.now();
  // At least all that a late trade can still amend.
  const oldest = candleStart(to - CANDLE_GRACE_MS, interval);
  const length = CANDLE_INTERVAL_MS[interval];
  const first = gap ? Math.max(gap.from, to - STREAM_HISTORY_BARS_MAX * length) : to;
  const from = Math.min(oldest, candleStart(first, interval), to - history * length);
  const provider = host.providers.of(instrument);
  const request = { instrument, interval, from, to: to + 1 };
  const base = await host.manager(provider).candleBase(gap ? { ...request, gap } : request);
  return base.ok ? ok({ ...base.value, provider }) : base;
}

/** Asks the shards for last ticks that this market has not seen, or not in the mode now wanted. */
export async function fetchLast(
  instruments: readonly InstrumentId[],
  changed: readonly InstrumentId[],
  host: HistoryHost,
): Promise<void> {
  const { board, providers, log } = host;
  const missing = instruments.filter(
    (one) => board.get(one)?.fields === null || changed.includes(one),
  );
  for (const [provider, ids] of Map.groupBy(missing, (id) => providers.of(id))) {
    try {
      const ticks = await host.manager(provider).quotes(ids);
      board.settle();
      for (const tick of ticks) {
        const one = board.get(tick.instrument);
        const { depth } = tick;
        // Asked before a switch, answered after it: its numbers would shut the door to the new provider's.
        if (one?.provider !== provider) continue;
        // Where others hold it live, the ticks before this one may be under way on the link, and would count as told.
        const isHeld = one.groups.length + one.otherGroups.length > 0;
        if (isHeld && tick.seq > one.seq) continue;
        board.take(one, fieldsOfTick(tick), depth ? depthText(depth) : null);
      }
      board.flush(true);
    } catch (error) {
      // Without a snapshot the first live tick is the first one seen: late, but never wrong.
      log("warn", "quotes_failed", { provider, reason: errorText(error) });
    }
  }
}
