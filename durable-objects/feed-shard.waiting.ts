/** What a connection waits for between two sockets. */

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once the socket has closed on both sides, or failed. */
export const closed = (socket: WebSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("error", () => resolve());
  });
