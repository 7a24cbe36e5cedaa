/** What a real local run was billed for, as the platform would count it; kept in `recorded.json`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const counts = z.record(z.string(), z.number());

export const recordedRun = z.object({
  /** When it ran, as ISO 8601 in UTC. */
  at: z.string(),
  instruments: z.number().int().positive(),
  /** Ticks of each instrument per second. */
  ticks: z.number().positive(),
  algos: z.number().int().positive(),
  shards: z.number().int().positive(),
  markets: z.number().int().positive(),
  /** A time in which nobody was connected and the cron fired once. */
  idle: z.object({ seconds: z.number().positive(), counts }),
  /** All algos connecting and subscribing. */
  opening: z.object({ counts }),
  /** All algos reading the ticks; the cron fired once a minute. */
  steady: z.object({ seconds: z.number().positive(), counts }),
});

export type RecordedRun = z.infer<typeof recordedRun>;

const FILE = join(import.meta.dirname, "recorded.json");

export const readRecorded = (): RecordedRun =>
  recordedRun.parse(JSON.parse(readFileSync(FILE, "utf8")));

export const writeRecorded = (run: RecordedRun): void =>
  writeFileSync(FILE, `${JSON.stringify(run, null, 2)}\n`);
