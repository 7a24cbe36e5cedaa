/** An instrument's bars as its broker's manager gives them: the broker's own, with ours where it has none. */
import type { BrokerReference } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { CANDLE_INTERVAL_MS, type CandleInterval } from "../src/domain/candle.ts";
import type { MarkedCandle } from "../src/domain/candle-join.ts";
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

interface Sources {
  broker: string;
  master: InstrumentMaster;
  reference: BrokerReference;
  plan: Plan;
  own: OwnCandleStorage;
}

export async function historyOf(
  request: HistoryRequest,
  { broker, master, reference, plan, own }: Sources,
): Promise<Result<MarkedCandle[], ApiError>> {
  const { instrument, interval, from, to } = request;
  const tooMany = refusals.tooManyCandles((to - from) / CANDLE_INTERVAL_MS[interval]);
  if (tooMany) return err(tooMany);
  const unknown = await master.refuseUnknown([instrument]);
  if (unknown) return err(unknown);
  const [answer, live] = await Promise.all([
    reference.candles(request),
    plan.liveCandles(instrument, interval === "1s" ? "1s" : "1m"),
  ]);
  if (!answer.ok) return err(refusals.brokerFailed(broker, answer.error));
  return ok(own.join(request, answer.value, live, Date.now()));
}
