/** Runs one action at a time and keeps its failure for the form that asked. */
import { useCallback, useState } from "react";
import { ApiFailure } from "../api/client.ts";

export interface Action<A extends unknown[], R> {
  /** Null when it failed; the failure stands in `failure`. */
  run: (...args: A) => Promise<R | null>;
  busy: boolean;
  failure: ApiFailure | null;
  clear: () => void;
}

export function useAction<A extends unknown[], R>(
  action: (...args: A) => Promise<R>,
): Action<A, R> {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const run = useCallback(
    async (...args: A): Promise<R | null> => {
      setBusy(true);
      setFailure(null);
      try {
        return await action(...args);
      } catch (error) {
        setFailure(
          error instanceof ApiFailure ? error : new ApiFailure("UNREADABLE", String(error)),
        );
        return null;
      } finally {
        setBusy(false);
      }
    },
    [action],
  );
  const clear = useCallback(() => setFailure(null), []);
  return { run, busy, failure, clear };
}
