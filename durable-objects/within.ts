/** Work that may hang, such as a query of a database: whoever waits for it has an end, and it goes on beside them. */

/** Fails when it has not settled in `ms`. Only for what may be done twice: it may still come about. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
