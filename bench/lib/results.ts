/** Prints a run and keeps it in `bench/results`: the newest run of each case, with what machine it was. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import type { CaseResult } from "../cases/case.ts";
import { natsProgram } from "../load/servers.ts";
import { table } from "./table.ts";

export interface Machine {
  processor: string;
  cores: number;
  memoryGigabytes: number;
  /** Load average of the last minute before the run: above the number of cores the figures say little. */
  loadBefore: number;
  node: string;
  nats: string | null;
}

export const machineNow = (): Machine => ({
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  node: process.version,
  nats: natsProgram()?.version ?? null,
});

export interface Run extends CaseResult {
  case: string;
  title: string;
  /** When it was measured, as ISO 8601 in UTC. */
  at: string;
  seconds: number;
  rounds: number;
  machine: Machine;
}

const verdict = (isMet: boolean | null): string =>
  isMet === null ? "not compared" : isMet ? "met" : "MISSED";

const FIGURES = [
  "server",
  "load",
  "offered/s",
  "deliveries/s",
  "messages/s",
  "p50 ms",
  "p99 ms",
  "p99.9 ms",
  "lost",
  "cores: server",
  "feed",
  "clients",
  "server µs per delivery",
];

/** The run as text that a terminal shows and Markdown keeps. */
export function textOf(run: Run): string {
  const { machine } = run;
  const figures = run.rows.map((row) => [
    row.server,
    row.load,
    row.offeredPerSecond,
    row.deliveriesPerSecond,
    row.framesPerSecond,
    row.p50Ms,
    row.p99Ms,
    row.p999Ms,
    row.lost + row.missing,
    row.cores.server,
    row.cores.feed,
    row.cores.clients,
    row.serverMicrosPerDelivery,
  ]);
  const checks = run.checks.map((check) => [check.target, check.measured, verdict(check.isMet)]);
  return [
    run.figures ? table(run.figures.head, run.figures.rows) : table(FIGURES, figures),
    "",
    table(["target", "measured", ""], checks),
    ...(run.notes.length > 0 ? ["", ...run.notes] : []),
    "",
    `${run.at}: ${run.seconds} s a run, ${run.rounds} ${run.rounds === 1 ? "round" : "rounds"}; ` +
      `${machine.cores} cores of ${machine.processor}, ${machine.memoryGigabytes} GB, load before ${machine.loadBefore}, ` +
      `Node ${machine.node}, nats-server ${machine.nats ?? "not installed"}.`,
    "Feed, server and clients share these cores; the columns of cores say who used how much of one.",
  ].join("\n");
}

/** Replaces the kept run of this case. */
export function keep(run: Run, directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${run.case}.json`), `${JSON.stringify(run, null, 2)}\n`);
  const text = `# ${run.case}: ${run.title}\n\n\`\`\`text\n${textOf(run)}\n\`\`\`\n`;
  writeFileSync(join(directory, `${run.case}.md`), text);
}
