/** Money at risk as a map of algos and instruments. Pure. */
import { sum } from "../../format/totals.ts";
import type { ExposureView } from "../../../../src/contract/risk.ts";

export interface HeatMap {
  /** The riskiest first. */
  algos: { name: string; total: string }[];
  instruments: { name: string; total: string }[];
  /** By `algo instrument`. */
  cells: Map<string, string>;
  /** The largest cell: what full colour stands for. */
  top: number;
}

export const cellName = (algoId: string, instrument: string): string => `${algoId} ${instrument}`;

function totals(rows: readonly ExposureView[], nameOf: (row: ExposureView) => string) {
  const byName = Map.groupBy(rows, nameOf);
  return [...byName]
    .map(([name, group]) => ({ name, total: sum(group.map((row) => row.moneyAtRisk)) ?? "0" }))
    .sort((a, b) => Number(b.total) - Number(a.total));
}

/** Leaves out what carries no risk now. */
export function heatMap(rows: readonly ExposureView[]): HeatMap {
  const risky = rows.filter((row) => Number(row.moneyAtRisk) > 0);
  const cells = new Map<string, string>();
  for (const row of risky) {
    const name = cellName(row.algoId, row.instrument);
    cells.set(name, sum([cells.get(name) ?? "0", row.moneyAtRisk]) ?? "0");
  }
  return {
    algos: totals(risky, (row) => row.algoId),
    instruments: totals(risky, (row) => row.instrument),
    cells,
    top: Math.max(0, ...[...cells.values()].map(Number)),
  };
}
