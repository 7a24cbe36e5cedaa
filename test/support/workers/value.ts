/** The value of a result that the test expects to be one. */
import type { Result } from "../../../src/domain/result.ts";

export async function value<T>(result: Promise<Result<T, unknown>>): Promise<T> {
  const settled = await result;
  if (!settled.ok) throw new Error(JSON.stringify(settled.error));
  return settled.value;
}
