/** Prints rows as an aligned table. */

export type Cell = string | number | null;

const text = (cell: Cell): string => {
  if (cell === null) return "–";
  return typeof cell === "number" ? cell.toLocaleString("en-US") : cell;
};

/** Columns of numbers stand to the right, columns of words to the left. */
export function table(head: string[], rows: Cell[][]): string {
  const columns = head.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? null);
    return {
      width: Math.max(title.length, ...cells.map((cell) => text(cell).length)),
      words: cells.some((cell) => typeof cell === "string"),
    };
  });
  const line = (cells: Cell[]): string =>
    columns
      .map(({ width, words }, column) => {
        const cell = text(cells[column] ?? null);
        return words ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  const rule = columns.map(({ width }) => "─".repeat(width));
  return [head, rule, ...rows].map(line).join("\n");
}
