/** A WebSocket as the SDK needs it, whatever runtime it comes from. */

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
