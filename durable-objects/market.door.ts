/** What comes to a market with a request for a socket or a message, read before anything is done with it. Pure. */
import type { Caller } from "../src/application/caller.ts";
import { STREAM_SUBPROTOCOL } from "../src/contract/stream.ts";
import { STREAM_FRAME_BYTES_MAX } from "../src/domain/limits.ts";

/** The Worker has verified it; here it is only read. */
export function readCaller(header: string | null): Caller | null {
  try {
    return header === null ? null : (JSON.parse(header) as Caller);
  } catch {
    return null;
  }
}

export const isKey = (caller: Caller, keyId: string): boolean =>
  caller.kind === "algo" && caller.id === keyId;

export function isTooLarge(data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") return data.byteLength > STREAM_FRAME_BYTES_MAX;
  // A character has at most three bytes for each UTF-16 unit, and at least one.
  if (data.length > STREAM_FRAME_BYTES_MAX) return true;
  if (data.length * 3 <= STREAM_FRAME_BYTES_MAX) return false;
  return new TextEncoder().encode(data).byteLength > STREAM_FRAME_BYTES_MAX;
}

/** Ours is named only to one that offered it. */
export function subprotocolOf(request: Request): Record<string, string> {
  const offered = request.headers.get("Sec-WebSocket-Protocol") ?? "";
  const speaksOurs = offered.split(",").some((name) => name.trim() === STREAM_SUBPROTOCOL);
  return speaksOurs ? { "Sec-WebSocket-Protocol": STREAM_SUBPROTOCOL } : {};
}
