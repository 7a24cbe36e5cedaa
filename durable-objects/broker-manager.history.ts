/** An instrument's bars as its broker's manager gives them: the broker's own, with ours where it has none. */
import type { BrokerReference, PastTrades } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { CANDLE_INTERVAL_MS, type CandleInterval } from "../src/domain/candle.ts";
import type { CandleGap, MarkedCandle } from "../src/domain/candle-join.ts";
import { type CandleBase, partUnit } from "../src/domain/candle-series.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import type { OwnCandleStorage } from "./broker-manager.candles.ts";
import type { InstrumentMaster } from "./broker-manager.master.ts";
import type { Plan } from "./broker-manager.plan.ts";
import * as refusals from "./broker-manager.refusals.ts";

export interface HistoryRequest {
  instrument: InstrumentId;
  interval: CandleInterval;
  /** ms since 1970. */
  from: number;
  to: number;
}

export interface TradesRequest {
  instrument: InstrumentId;
  /** The exchange's clock, ms since 1970. */
  since: number;
  max: number;
}

export interface HistorySources {
  broker: string;
  master: InstrumentMaster;
  reference: BrokerReference;
  plan: Plan;
  own: OwnCandleStorage;
}

export async function historyOf(
  request: HistoryRequest,
  sources: HistorySources,
): Promise<Result<MarkedCandle[], ApiError>> {
  const base = await candleBaseOf(request, sources);
  return base.ok ? ok([...base.value.bars]) : base;
}

export async function candleBaseOf(
  { gap, ...request }: HistoryRequest & { gap?: CandleGap },
  { broker, master, reference, plan, own }: HistorySources,
): Promise<Result<CandleBase, ApiError>> {
  const { instrument, interval, from, to } = request;
  const tooMany = refusals.tooManyCandles((to - from) / CANDLE_INTERVAL_MS[interval]);
  if (tooMany) return err(tooMany);
  const unknown = await master.refuseUnknown([instrument]);
  if (unknown) return err(unknown);
  // What was under way when the broker was asked may have closed by the time it answers, without its last trades.
  const asked = Date.now();
  const answer = await reference.candles(request);
  if (!answer.ok) return err(refusals.brokerFailed(broker, answer.error));
  // The broker first: its bar under way then holds no trade that our own parts are still without.
  const live = await plan.liveCandles(instrument, partUnit(interval));
  const bars = own.join(request, answer.value, live, asked, gap && [gap]);
  return ok({ bars, live });
}

export async function tradesOf(
  request: TradesRequest,
  { broker, master, reference }: Pick<HistorySources, "broker" | "master" | "reference">,
): Promise<Result<PastTrades, ApiError>> {
  const unknown = await master.refuseUnknown([request.instrument]);
  if (unknown) return err(unknown);
  if (!reference.trades) return err(refusals.noPastTrades(broker));
  const answer = await reference.trades(request);
  return answer.ok ? answer : err(refusals.brokerFailed(broker, answer.error));
}
