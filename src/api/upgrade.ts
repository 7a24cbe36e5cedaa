/** What a WebSocket upgrade carries in its headers: the wish itself, and a browser's key. */
import { BEARER_SUBPROTOCOL_PREFIX } from "../contract/stream.ts";

export const isUpgrade = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket";

export const subprotocols = (request: Request): string[] =>
  (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);

/** A browser cannot set headers on a WebSocket, so its key comes as a second subprotocol. */
export function keyOfSubprotocol(request: Request): string | null {
  const bearer = subprotocols(request).find((name) => name.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  return bearer?.slice(BEARER_SUBPROTOCOL_PREFIX.length) ?? null;
}
