/** Work side by side, but no more than so much at a time: each begins when it has room, so that its own time does not run while it waits. */

/** Answers in the order of `items`. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    // All lanes take from the same iterator: each item goes to whichever is free first.
    for (const [n, item] of left) answers[n] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return answers;
}
