/** One socket of a gateway for order updates, and what is done with any. */

export interface Link {
  socket: WebSocket;
  /** Of the session that it was opened under. */
  generation: number | null;
}

/** A connection that does not come up in time is given up: the watch must not hang on it. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const late = scheduler.wait(timeoutMs).then((): never => {
    throw new Error(`not open within ${timeoutMs} ms`);
  });
  return Promise.race([promise, late]);
}

export function closeQuietly(socket: WebSocket): void {
  try {
    socket.close(1000, "replaced");
  } catch {
    // It may be closed already, which is all that is wanted.
  }
}
