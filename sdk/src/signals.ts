/** Ctrl-C and a process manager's TERM end an algo cleanly. In a browser there are no signals. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface SignalSource {
  once(name: string, listener: () => void): unknown;
  off(name: string, listener: () => void): unknown;
}

/**
 * Calls back for each first signal of a kind; the same one again ends the process at once. A terminal's
 * Ctrl-C may be followed by its supervisor's TERM: both ask for the same clean end. Answers how to stop listening.
 */
export function onSignals(listener: (name: string) => void): () => void {
  const source = (globalThis as { process?: Partial<SignalSource> }).process;
  if (source?.once === undefined || source.off === undefined) return () => {};
  const signals = source as SignalSource;
  const listeners = SIGNALS.map((name) => [name, () => listener(name)] as const);
  for (const [name, handler] of listeners) signals.once(name, handler);
  return () => {
    for (const [name, handler] of listeners) signals.off(name, handler);
  };
}
