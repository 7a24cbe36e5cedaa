/**
 * How long orders still leave after the kill switch was asked for, while ten algos send: from the call
 * to its answer, and from the call to the last order that any gateway let out. Several trips in a row.
 */
import { join } from "node:path";
import { KILL_SWITCH_HOLD_MS, type KillSwitchView } from "../../src/contract/risk.ts";
import { Child } from "../lib/child.ts";
import { type Runtime, startRuntime } from "../lib/runtime.ts";
import type { Cell } from "../lib/table.ts";
import type { LoadAnswer, LoadMessage } from "../orders/load.ts";
import { atMost, type Case, type CaseOptions, type CaseResult } from "./case.ts";
import { trunkline } from "./order-case.ts";

/** Orders a second while the switch is thrown. */
const RATE = 300;

const TRIPS_PER_ROUND = 5;

/** How long orders flow before each trip: the first ones meet a runtime that has just woken. */
const FLOW_MS = 1_000;

const reason = "a bench of the switch";

interface Trip {
  answerMs: number;
  latchMs: number;
  enforceMs: number | null;
  /** From the call to the last order that left; 0 when none left after it. */
  lastOrderMs: number;
  /** An order left after every gateway had confirmed the halt. */
  late: boolean;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One trip under load, and everything set going again. */
async function trip({ platform }: Runtime): Promise<Trip> {
  const ask = () =>
    platform.post<KillSwitchView>("/v1/kill-switch", { scope: "portfolio", reason });
  const from = Date.now();
  const began = performance.now();
  const first = await ask();
  const answerMs = performance.now() - began;
  // Whatever was under way has had its time by now: the last order is the last one.
  await pause(KILL_SWITCH_HOLD_MS);
  const { since, lastLeftAfterMs } = await ask();
  const lastLeftAt = lastLeftAfterMs === null ? null : since + lastLeftAfterMs;
  await platform.post("/v1/kill-switch/reset", { scope: "portfolio", reason });
  for (const algoId of first.algosStopped) {
    const body = { scope: `algo:${algoId}`, reason };
    const lifted = await platform.call("/v1/risk/restrictions", { method: "DELETE", body });
    if (lifted.status !== 200) throw new Error(`${algoId} was not resumed: ${lifted.status}`);
  }
  return {
    answerMs,
    latchMs: first.latchedInMs,
    enforceMs: first.enforcedInMs,
    lastOrderMs: Math.max(0, (lastLeftAt ?? from) - from),
    late: (lastLeftAfterMs ?? 0) > (first.enforcedInMs ?? Infinity),
  };
}

async function killSwitch(options: CaseOptions): Promise<CaseResult> {
  const runtime = await startRuntime();
  const load = new Child<LoadMessage>(
    "the load",
    join(import.meta.dirname, "..", "orders", "load.ts"),
  );
  const trips: Trip[] = [];
  let sent = 0;
  try {
    const target = await trunkline(runtime);
    const count = TRIPS_PER_ROUND * options.rounds;
    for (let number = 0; number < count; number += 1) {
      // What comes while the switch is on is refused: the load goes on all the same.
      const seconds = (FLOW_MS + KILL_SWITCH_HOLD_MS) / 1_000;
      const run = `k${number}`;
      const question = { ...target, ratePerSecond: RATE, concurrency: 64, seconds, run };
      const flow = load.ask<LoadAnswer>(question);
      await pause(FLOW_MS);
      trips.push(await trip(runtime));
      sent += (await flow).answered;
      const last = trips.at(-1);
      options.say(
        `trip ${number + 1}: answered in ${Math.round(last?.answerMs ?? 0)} ms, last order after ${last?.lastOrderMs} ms`,
      );
    }
  } finally {
    load.stop();
    await runtime.platform.stop();
  }
  return resultOf(trips, sent);
}

/** The value that this part of them does not pass. */
function at(part: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = Math.max(0, Math.ceil(part * sorted.length) - 1);
  return Math.round((sorted[place] ?? 0) * 10) / 10;
}

const line = (name: string, values: number[]): Cell[] => [
  name,
  at(0.5, values),
  at(0.99, values),
  at(0, values),
  values.length,
];

function resultOf(trips: readonly Trip[], sent: number): CaseResult {
  const enforced = trips.flatMap(({ enforceMs }) => (enforceMs === null ? [] : [enforceMs]));
  return {
    rows: [],
    figures: {
      head: ["from the call to", "p50 ms", "p99 ms", "least ms", "trips"],
      rows: [
        line(
          "the latch in the ledger",
          trips.map(({ latchMs }) => latchMs),
        ),
        line("every gateway told", enforced),
        line(
          "its answer",
          trips.map(({ answerMs }) => answerMs),
        ),
        line(
          "the last order leaving",
          trips.map(({ lastOrderMs }) => lastOrderMs),
        ),
      ],
    },
    checks: [
      atMost(
        "trips with an order after every gateway was told",
        trips.filter(({ late }) => late).length,
        0,
        "",
      ),
      atMost("trips that not every gateway confirmed", trips.length - enforced.length, 0, ""),
    ],
    notes: [
      `${RATE} orders a second from ten algos, ${sent} of them taken; one call of POST /v1/kill-switch for the portfolio in the midst of them, then a reset, then again. The answer comes when the cancels of all open orders are sent, of which there are hundreds.`,
      "The latch and the gateways are timed inside the runtime, whose clock stands still while it computes; the answer is timed outside. With few trips the p99 is the worst one.",
    ],
  };
}

export const KILL_SWITCH_CASES: Case[] = [
  { name: "kill-switch", title: "from the kill switch to the last order leaving", run: killSwitch },
];
