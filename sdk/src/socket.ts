/**
 * Opens one WebSocket, wherever the algo runs. A header carries the key where the runtime allows one;
 * a browser does not, so there it goes as a subprotocol.
 */
import { BEARER_SUBPROTOCOL_PREFIX, STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";

/** The part of a WebSocket that the SDK uses: the browser's, Node's own and `ws` all have it. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { code: number; reason: string }) => void,
  ): void;
}

export type OpenSocket = (url: string, key: string) => Promise<SocketLike>;

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
