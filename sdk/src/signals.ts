/** Ctrl-C and a process manager's TERM end an algo cleanly. In a browser there are no signals. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface SignalSource {
  once(name: string, listener: () => void): unknown;
  off(name: string, listener: () => void): unknown;
}

/** Calls back once; a second signal ends the process at once. Answers how to stop listening. */
export function onSignals(listener: (name: string) => void): () => void {
  const source = (globalThis as { process?: Partial<SignalSource> }).process;
  if (source?.once === undefined || source.off === undefined) return () => {};
  const signals = source as SignalSource;
  const listeners = SIGNALS.map((name) => [name, () => stop(name)] as const);
  const remove = (): void => {
    for (const [name, handler] of listeners) signals.off(name, handler);
  };
  const stop = (name: string): void => {
    remove();
    listener(name);
  };
  for (const [name, handler] of listeners) signals.once(name, handler);
  return remove;
}
