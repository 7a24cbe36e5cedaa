/** Asks one part of the platform, for at most a bound: a status page must not hang on what it tells of. */
import { errorText } from "../application/log.ts";
import { PROBE_TIMEOUT_MS } from "../domain/limits.ts";
import type { Result } from "../domain/result.ts";
import { err, ok } from "../domain/result.ts";

export async function probe<T>(ask: () => Promise<T>): Promise<Result<T, string>> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<Result<T, string>>((resolve) => {
    const reason = `no answer within ${PROBE_TIMEOUT_MS} ms`;
    timer = setTimeout(() => resolve(err(reason)), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([ask().then(ok<T>), late]);
  } catch (error) {
    return err(errorText(error));
  } finally {
    clearTimeout(timer);
  }
}
