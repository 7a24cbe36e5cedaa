/** Waits for something, but not for ever. */

/** False when time ran out first; rejects when the work does. */
async function isDoneWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const done = work.then(() => true as const);
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}

/** Says so when the time ran out. */
export async function within(
  algo: { log(message: string): void },
  what: string,
  work: Promise<void>,
  limitMs: number,
): Promise<void> {
  if (await isDoneWithin(work, limitMs)) return;
  algo.log(`${what} did not return within ${limitMs} ms; stopping without it`);
}
