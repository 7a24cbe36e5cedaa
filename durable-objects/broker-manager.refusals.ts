/** What a broker's manager says when it cannot do what was asked: each limit by its name. Pure. */
import { instrumentsUnread } from "../src/application/order-errors.ts";
import type { BrokerFailure } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { CANDLES_PER_CALL_MAX } from "../src/domain/limits.ts";

const facts = (limit: number, asked: number) => ({ limit: String(limit), asked: String(asked) });

export const unknownInstruments = (broker: string, instruments: InstrumentId[]): ApiError => ({
  code: "UNKNOWN_INSTRUMENT",
  message: `${broker} does not know ${instruments.slice(0, 5).join(", ")}${instruments.length > 5 ? " and others" : ""}; see /v1/instruments`,
  details: { instruments },
});

export const overCapacity = (
  broker: string,
  perConnection: number,
  capacity: number,
  asked: number,
): ApiError => ({
  code: "SHARD_CAPACITY",
  message: `${broker} takes ${perConnection} instruments per connection: its shards hold ${capacity}, ${asked} are wanted; add shards or want fewer`,
  details: facts(capacity, asked),
});

export const tooManyConnections = (broker: string, limit: number, asked: number): ApiError => ({
  code: "CONNECTION_LIMIT",
  message: `${broker} takes ${limit} connections per account; ${asked} shards were asked for`,
  details: facts(limit, asked),
});

/** Null when one answer holds that many bars. */
export const tooManyCandles = (bars: number): ApiError | null =>
  bars <= CANDLES_PER_CALL_MAX
    ? null
    : {
        code: "BAD_REQUEST",
        message: `from and to span ${Math.ceil(bars)} bars; one answer holds ${CANDLES_PER_CALL_MAX}`,
        details: facts(CANDLES_PER_CALL_MAX, Math.ceil(bars)),
      };

export const noShardTakes = (broker: string): ApiError => ({
  code: "SHARD_CAPACITY",
  message: `every shard of ${broker} would be draining: leave one that takes instruments, or drain the broker`,
  details: null,
});

export const noSuchShard = (broker: string, shards: number, asked: number): ApiError => ({
  code: "NOT_FOUND",
  message: `${broker} has shards 1 to ${shards}, not ${asked}`,
  details: facts(shards, asked),
});

export const draining = (broker: string, instruments: InstrumentId[]): ApiError => ({
  code: "DRAINING",
  message: `${broker} is draining and takes nothing new; it does not hold ${instruments.slice(0, 5).join(", ")}${instruments.length > 5 ? " and others" : ""}`,
  details: { instruments },
});

export const brokerFailed = (broker: string, failure: BrokerFailure): ApiError => ({
  code: failure.kind === "session_expired" ? "BROKER_SESSION_EXPIRED" : "BROKER_UNAVAILABLE",
  message: `${broker} did not answer as it should: ${failure.reason}`,
  details: null,
});

export const noPastTrades = (broker: string): ApiError => ({
  code: "NOT_FOUND",
  message: `${broker} gives no single trades of the past`,
  details: null,
});

/** `failure`: why its list could not be read; null when nobody has tried yet. */
export const noInstruments = (broker: string, failure: BrokerFailure | null): ApiError =>
  instrumentsUnread(broker, failure?.kind === "session_expired" ? failure.reason : null);
