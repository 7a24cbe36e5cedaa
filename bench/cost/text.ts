/** The cost sheet as people read it. Pure. */
import { table } from "../lib/table.ts";
import { BASE_PRICE, METERS, PRICES_READ_ON } from "./prices.ts";
import type { RecordedRun } from "./recorded.ts";
import { lines, type Load, marketMessages, totalOf, usage } from "./sheet.ts";

const dollars = (value: number): string => `$${value.toFixed(2)}`;

const amount = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });

export function sheetText(load: Load, recorded: RecordedRun): string {
  const all = lines(usage(load, recorded));
  const rows = all.map(({ meter, used, dollars: price }) => {
    const { unit, included } = METERS[meter];
    return [unit, amount(used), amount(included), dollars(price)];
  });
  const { instruments, ticks, algos, shards, at, steady } = recorded;
  const measured = (steady.counts["message Market"] ?? 0) / steady.seconds;
  const formula = marketMessages(
    { ...load, instruments, ticks, algos, shards },
    { acknowledged: false },
  );
  return [
    `${amount(load.instruments)} instruments with ${load.ticks} ticks/s each over ${load.shards} shards, ` +
      `${amount(load.algos)} algos, ${load.hours} hours on ${load.days} days a month:`,
    "",
    table(["a month", "used", "in the plan", "above it"], rows),
    "",
    `${dollars(totalOf(all))} a month: ${dollars(BASE_PRICE)} for the plan and what is above it.`,
    "",
    `Prices of ${PRICES_READ_ON}; their pages stand in bench/cost/prices.ts, the formula in bench/cost/sheet.ts.`,
    `Counts of a local run of ${at}: ${instruments} instruments, ${ticks} ticks/s each, ${algos} algos, ${steady.seconds} s.`,
    `That run's market took ${measured.toFixed(0)} messages a second; the formula says ${formula.toFixed(0)}.`,
    "Not in it: orders, logs, D1 (the tradebook's own rows), and what people do in the dashboard.",
  ].join("\n");
}
