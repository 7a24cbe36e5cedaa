/** Prints rows as an aligned table. */

export type Cell = string | number | null;

const text = (cell: Cell): string => {
  if (cell === null) return "–";
  return typeof cell === "number" ? cell.toLocaleString("en-US") : cell;
};

/** Numbers stand to the right, words to the left. */
export function table(head: string[], rows: Cell[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => text(row[column] ?? null).length)),
  );
  const line = (cells: Cell[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === "string" ? cell.padEnd(width) : text(cell).padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}
