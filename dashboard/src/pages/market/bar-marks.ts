/** What the marks of bars on screen mean, in words and counts. Pure. */
import type { MarkedBar } from "../../api/candle-line.ts";

export type BarMark = NonNullable<MarkedBar["mark"]>;

/** The contract leaves the mark out where nothing is to be said of a bar. */
export const markOf = ({ mark }: MarkedBar): BarMark | null => mark ?? null;

const WORDS: Record<BarMark, { one: string; many: string }> = {
  late: { one: "bar filled in after a gap", many: "bars filled in after a gap" },
  partial: { one: "bar with trades missing", many: "bars with trades missing" },
  amended: { one: "bar amended by a late trade", many: "bars amended by late trades" },
};

const MARKS = ["late", "partial", "amended"] as const;

/** A line for each mark that any of the bars carries. */
export function markLines(bars: Iterable<MarkedBar>): { mark: BarMark; text: string }[] {
  const counts: Record<BarMark, number> = { late: 0, partial: 0, amended: 0 };
  for (const bar of bars) {
    const mark = markOf(bar);
    if (mark !== null) counts[mark] += 1;
  }
  return MARKS.flatMap((mark) => {
    const count = counts[mark];
    const { one, many } = WORDS[mark];
    return count === 0 ? [] : [{ mark, text: `${count} ${count === 1 ? one : many}` }];
  });
}
