/** How a market words its refusals on the stream. Pure. */
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { STREAM_FRAME_BYTES_MAX, STREAM_INSTRUMENTS_MAX } from "../src/domain/limits.ts";
import {
  STREAM_CANDLE_SERIES_MAX,
  STREAM_KEY_INSTRUMENTS_MAX,
  STREAM_KEY_MESSAGES_PER_SECOND_MAX,
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

export const FRAME_TOO_LARGE: ApiError = {
  code: "FRAME_TOO_LARGE",
  message: `a frame holds at most ${STREAM_FRAME_BYTES_MAX} bytes; this one was not read`,
  details: { limit: String(STREAM_FRAME_BYTES_MAX) },
};
