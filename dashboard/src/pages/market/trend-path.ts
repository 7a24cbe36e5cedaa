/** Numbers to the path of a line that fills a box. Pure. */

/** Null for fewer than two values. Values are drawn from left to right; the highest touches the top. */
export function trendPath(values: readonly number[], width: number, height: number): string | null {
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  const inset = 1.5;
  const step = width / (values.length - 1);
  const points = values.map((value, index) => {
    const x = (index * step).toFixed(1);
    const y = (inset + (1 - (value - low) / span) * (height - 2 * inset)).toFixed(1);
    return `${x},${y}`;
  });
  return `M${points.join("L")}`;
}
