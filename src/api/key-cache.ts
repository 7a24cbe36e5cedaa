/**
 * API keys' rows as one isolate remembers them, so that a request costs no database read. A revoked key
 * dies everywhere within `API_KEY_CACHE_MS`. While the database cannot be read, a key that was good
 * shortly before stays good: a trader must be able to cancel when the tradebook is down.
 */
import type { Log } from "../application/log.ts";
import { errorText } from "../application/log.ts";
import { API_KEY_CACHE_MS, API_KEY_STALE_MS, API_KEYS_CACHED_MAX } from "../domain/limits.ts";
import type { ApiKeyRow } from "../storage/api-keys.ts";
import { fail } from "./error-handler.ts";

export interface KeyCache {
  /** Null when there is no such key. Fails as `UNAVAILABLE` when nobody can say. */
  get(id: string, read: () => Promise<ApiKeyRow | null>): Promise<ApiKeyRow | null>;
  forget(id: string): void;
}

export function keyCache(now: () => number, log: Log): KeyCache {
  const rows = new Map<string, { row: ApiKeyRow | null; readAt: number }>();
  return {
    async get(id, read) {
      const known = rows.get(id);
      if (known && now() - known.readAt < API_KEY_CACHE_MS) return known.row;
      try {
        const row = await read();
        // Wrong ids are remembered too; starting over bounds what guesses can fill.
        if (rows.size >= API_KEYS_CACHED_MAX) rows.clear();
        rows.set(id, { row, readAt: now() });
        return row;
      } catch (error) {
        log("error", "api_key_read_failed", { id, error: errorText(error) });
        if (known?.row && now() - known.readAt < API_KEY_STALE_MS) return known.row;
        throw fail("UNAVAILABLE", "Keys cannot be checked at the moment; try again.");
      }
    },
    forget: (id) => void rows.delete(id),
  };
}
