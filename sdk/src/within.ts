/** Waits for something, but not for ever. */

/** False when time ran out first; rejects when the work does. */
export async function isDoneWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const done = work.then(() => true as const);
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
