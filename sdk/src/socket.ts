/**
 * Opens one WebSocket, wherever the algo runs. A header carries the key where the runtime allows one;
 * a browser does not, so there it goes as a subprotocol.
 */
import { BEARER_SUBPROTOCOL_PREFIX, STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";
import type { SocketLike } from "./socket-like.ts";

/** The second argument is a list of subprotocols; Node's own takes headers instead, beyond the standard. */
type WebSocketClass = new (
  url: string,
  options: string[] | { headers: Record<string, string> },
) => SocketLike;

/** What there may be outside: all of it depends on where the algo runs. */
interface Surroundings {
  WebSocket?: WebSocketClass;
  process?: { versions?: { node?: string } };
  document?: unknown;
}

/** Resolves to a socket that is connecting. `ws` is loaded only where there is no WebSocket at all (Node 20). */
export async function openSocket(url: string, key: string): Promise<SocketLike> {
  const outside: object = globalThis;
  const { WebSocket: Native, process, document } = outside as Surroundings;
  // A page has a document; only Node's WebSocket (from Node 22) takes headers.
  const isNode = process?.versions?.node !== undefined && document === undefined;
  if (Native !== undefined && !isNode) {
    return new Native(url, [STREAM_SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX + key]);
  }
  const headers = { authorization: `Bearer ${key}` };
  if (Native !== undefined) return new Native(url, { headers });
  const { WebSocket: FromPackage } = await import("ws");
  return new FromPackage(url, { headers, perMessageDeflate: false });
}
