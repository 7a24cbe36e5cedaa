/** How a market words its refusals on the stream. Pure. */
import type { ApiError } from "../src/contract/errors.ts";
import type { StreamRequest } from "../src/contract/stream.ts";
import type { CandleInterval } from "../src/domain/candle.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { STREAM_FRAME_BYTES_MAX, STREAM_INSTRUMENTS_MAX } from "../src/domain/limits.ts";
import {
  LIVE_BARS_OF_SERIES,
  MARKET_LIVE_BARS_MAX,
  STREAM_CANDLE_SERIES_MAX,
  STREAM_KEY_INSTRUMENTS_MAX,
  STREAM_KEY_MESSAGES_PER_SECOND_MAX,
  STREAM_REQUEST_BARS_MAX,
  STREAM_REQUESTS_PENDING_MAX,
} from "../src/domain/market-limits.ts";
import type { AlgoSocket } from "./market.socket.ts";

/** The request's own id, if it had one. */
export const echo = ({ requestId }: { requestId?: string | undefined }) =>
  requestId === undefined ? {} : { requestId };

/** Tells an algo why its request was not carried out. */
export function refuse(algo: AlgoSocket, error: ApiError, requestId?: string): void {
  const { code, message, details } = error;
  const instruments = details?.instruments;
  algo.send({
    type: "error",
    code,
    message,
    ...(instruments && { instruments }),
    ...echo({ requestId }),
  });
}

export const tooManyInstruments = (asked: number): ApiError => ({
  code: "SUBSCRIPTION_LIMIT",
  message: `a socket holds at most ${STREAM_INSTRUMENTS_MAX} instruments; this would be ${asked}`,
  details: { limit: String(STREAM_INSTRUMENTS_MAX), asked: String(asked) },
});

export const tooManySeries = (asked: number): ApiError => ({
  code: "SUBSCRIPTION_LIMIT",
  message: `a socket holds at most ${STREAM_CANDLE_SERIES_MAX} series of bars; this would be ${asked}`,
  details: { limit: String(STREAM_CANDLE_SERIES_MAX), asked: String(asked) },
});

/** `interval`: that of the request. */
export function tooManyLiveBars(asked: number, interval: CandleInterval): ApiError {
  const limit = MARKET_LIVE_BARS_MAX;
  const { "1s": second, "1m": longer } = LIVE_BARS_OF_SERIES;
  const instead =
    interval === "1s"
      ? `a series of 1s counts ${second} and a longer one ${longer}: ask for a longer interval or for fewer instruments`
      : "ask for fewer instruments";
  return {
    code: "SUBSCRIPTION_LIMIT",
    message: `all sockets of a market together hold at most ${limit} live bars; this would be ${asked}: ${instead}, unsubscribe what nobody needs, or let an administrator spread the sockets over more markets (PUT /v1/markets)`,
    details: { limit: String(limit), asked: String(asked) },
  };
}

/** Why a request asks for more history than one may; null when it does not. */
export function tooManyBars(request: StreamRequest): ApiError | null {
  if (!("history" in request) || request.history === undefined) return null;
  const { instruments, history } = request;
  const asked = instruments.length * history;
  if (asked <= STREAM_REQUEST_BARS_MAX) return null;
  const most = Math.floor(STREAM_REQUEST_BARS_MAX / history);
  return {
    code: "SUBSCRIPTION_LIMIT",
    message: `one subscribe asks for at most ${STREAM_REQUEST_BARS_MAX} bars of history; ${instruments.length} instruments with ${history} bars each are ${asked}: name at most ${most} instruments in each subscribe, or ask for fewer bars`,
    details: { limit: String(STREAM_REQUEST_BARS_MAX), asked: String(asked) },
  };
}

export const unknownInstruments = (instruments: InstrumentId[]): ApiError => ({
  code: "UNKNOWN_INSTRUMENT",
  message: "no broker knows these instruments; see /v1/instruments",
  details: { instruments },
});

export const tooManyOfKey = (asked: number): ApiError => ({
  code: "SUBSCRIPTION_LIMIT",
  message: `a key holds at most ${STREAM_KEY_INSTRUMENTS_MAX} instruments over its sockets; this would be ${asked}`,
  details: { limit: String(STREAM_KEY_INSTRUMENTS_MAX), asked: String(asked) },
});

export const KEY_TALKS_TOO_MUCH: ApiError = {
  code: "MESSAGE_RATE",
  message: `at most ${STREAM_KEY_MESSAGES_PER_SECOND_MAX} messages a second from one key; this one was not read`,
  details: { limit: String(STREAM_KEY_MESSAGES_PER_SECOND_MAX) },
};

export const TOO_MANY_PENDING: ApiError = {
  code: "REQUEST_LIMIT",
  message: `at most ${STREAM_REQUESTS_PENDING_MAX} requests of a socket wait for their answers; this one was not carried out: await an answer and send it again, or name more instruments in one`,
  details: { limit: String(STREAM_REQUESTS_PENDING_MAX) },
};

export const FRAME_TOO_LARGE: ApiError = {
  code: "FRAME_TOO_LARGE",
  message: `a frame holds at most ${STREAM_FRAME_BYTES_MAX} bytes; this one was not read`,
  details: { limit: String(STREAM_FRAME_BYTES_MAX) },
};
