/** How a market words its refusals on the stream. Pure. */
import type { ApiError } from "../src/contract/errors.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { STREAM_INSTRUMENTS_MAX } from "../src/domain/limits.ts";
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

export const unknownInstruments = (instruments: InstrumentId[]): ApiError => ({
  code: "UNKNOWN_INSTRUMENT",
  message: "no broker knows these instruments; see /v1/instruments",
  details: { instruments },
});
