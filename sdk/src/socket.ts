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

type HeaderWebSocket = new (
  url: string,
  options: { headers: Record<string, string> },
) => SocketLike;

/** A page has a document; Node's global WebSocket (from 22) takes headers, a page's does not. */
function takesHeaders(): boolean {
  const scope = globalThis as { process?: { versions?: { node?: string } }; document?: unknown };
  return scope.process?.versions?.node !== undefined && scope.document === undefined;
}

/** Resolves to a socket that is connecting. `ws` is loaded only where there is no WebSocket at all (Node 20). */
export async function openSocket(url: string, key: string): Promise<SocketLike> {
  const Native = globalThis.WebSocket as typeof WebSocket | undefined;
  if (Native !== undefined && !takesHeaders()) {
    return new Native(url, [STREAM_SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX + key]);
  }
  const headers = { authorization: `Bearer ${key}` };
  if (Native !== undefined) return new (Native as unknown as HeaderWebSocket)(url, { headers });
  const { WebSocket: NodeWebSocket } = await import("ws");
  return new NodeWebSocket(url, { headers, perMessageDeflate: false });
}
