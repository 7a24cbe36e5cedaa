/** A comparison of bars as text: each difference with both values, what was not compared, and a table by the hour. */
import { candleStart } from "../../src/domain/candle.ts";
import type { BarDifference, BarVerdict, Comparison } from "./compare.ts";

const KINDS = ["same", "different", "partial", "empty"] as const;

const clock = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

const text = (value: number | null): string => (value === null ? "no bar" : String(value));

const differenceLine = ({ time, field, ours, theirs }: BarDifference): string =>
  `${clock(time)}  ${field}: ours ${text(ours)}, theirs ${text(theirs)}`;

function hourRows(verdicts: readonly BarVerdict[]): string[][] {
  const hours = Map.groupBy(verdicts, ({ time }) => candleStart(time, "1h"));
  return [...hours].map(([hour, members]) => [
    clock(hour).slice(0, 16),
    ...KINDS.map((kind) => String(members.filter((one) => one.kind === kind).length)),
  ]);
}

function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}

export function reportText({ verdicts, differences, outside }: Comparison): string {
  const partial = verdicts.filter(({ kind }) => kind === "partial").map(({ time }) => clock(time));
  const lines = [
    ...differences.map(differenceLine),
    ...(differences.length > 0 ? [""] : []),
    ...table([["hour (UTC)", ...KINDS], ...hourRows(verdicts)]),
    "",
    ...(partial.length > 0 ? [`partial, not compared: ${partial.join(", ")}`] : []),
    ...(outside > 0 ? [`bars of theirs outside the recording: ${outside}`] : []),
    differences.length === 0
      ? "no difference"
      : `${differences.length} ${differences.length === 1 ? "difference" : "differences"}`,
  ];
  return lines.join("\n");
}
