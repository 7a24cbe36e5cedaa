/** Consumers that stopped reading: what they cost the others. With and without them in turns, on one server. */
import { WebSocket } from "ws";
import { STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";
import { measure, pause } from "../load/measure.ts";
import type { Server } from "../load/servers.ts";
import {
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  noLoss,
  onServer,
  range,
  rowOf,
  times,
} from "./case.ts";

const LOAD = { instruments: 100, sockets: 50, ticksPerSecond: 4_000, stuck: 5 };

/**
 * The figures are those of all turns of a kind but its slowest, and a turn is no shorter than this: the
 * runtime's full collections come seconds apart and decide the slowest hundredth, so each kind has to meet many.
 */
const TURNS = 5;
const TURN_MS_MIN = 4_000;

/** Coming and going is not what is measured: it has phases of its own. */
const SETTLE_MS = 500;

/** Longer than it takes a reader that stands still to be told that it lags. */
const LAGGING_BOUND_MS = 20_000;
const LAGGING_POLL_MS = 250;

/** Subscribes everything, acknowledges the first frame as a client does, and never reads again. */
async function stuckReader(server: Server, instruments: string[]): Promise<WebSocket> {
  const key = server.keys?.[0] ?? "";
  const socket = new WebSocket(server.url, STREAM_SUBPROTOCOL, {
    headers: { authorization: `Bearer ${key}` },
  });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ op: "subscribe", channel: "ticks", instruments }));
  await new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const { type, seq } = JSON.parse(data.toString()) as { type: string; seq: number };
      if (type !== "t") return;
      socket.send(JSON.stringify({ op: "ack", seq }));
      socket.pause();
      resolve();
    });
  });
  return socket;
}

/** How many sockets the markets count as lagging. */
async function laggingNow(server: Server): Promise<number> {
  const answer = await server.runtime?.platform.get<{ items: { laggingSockets: number }[] }>(
    "/v1/markets?limit=500",
  );
  return (answer?.items ?? []).reduce((sum, { laggingSockets }) => sum + laggingSockets, 0);
}

/** Waits until so many are told that they lag, for a time at most; answers how many are at the end. */
async function untilLagging(server: Server, wanted: number, ms: number): Promise<number> {
  const deadline = performance.now() + ms;
  let lagging = 0;
  while (lagging < wanted && performance.now() < deadline) {
    await pause(LAGGING_POLL_MS);
    lagging = await laggingNow(server);
  }
  return lagging;
}

async function stuck({ seconds }: CaseOptions): Promise<CaseResult> {
  /** Of the stuck ones: how many were told that they lag, and how many still lag at the end of their turn. */
  const counts = { told: 0, still: 0 };
  const turnMs = Math.max(TURN_MS_MIN, seconds * 1_000);
  const measured = await onServer("trunkline", LOAD.instruments, async (server) => {
    const { items } = await (server.runtime as NonNullable<Server["runtime"]>).platform.get<{
      items: { id: string }[];
    }>("/v1/instruments?limit=500");
    const instruments = items.slice(0, LOAD.instruments).map(({ id }) => id);
    let readers: WebSocket[] = [];
    // Asking the markets who lags costs their thread something: it is asked in every kind of turn alike.
    const turn = () => untilLagging(server, Infinity, turnMs);
    const phases = {
      without: turn,
      opening: async () => {
        readers = await Promise.all(range(LOAD.stuck).map(() => stuckReader(server, instruments)));
        await pause(SETTLE_MS);
      },
      "until told": async () => {
        counts.told += await untilLagging(server, LOAD.stuck, LAGGING_BOUND_MS);
      },
      with: turn,
      closing: async () => {
        counts.still += await laggingNow(server);
        for (const reader of readers) reader.terminate();
        await pause(SETTLE_MS);
      },
    };
    const lists = range(LOAD.sockets).map(() => range(LOAD.instruments));
    const { ticksPerSecond } = LOAD;
    const ticking = range(LOAD.instruments);
    return measure(server, { lists, ticking, ticksPerSecond, phases, turns: TURNS });
  });
  if (measured === null) throw new Error("the case was not measured");
  const row = (phase: string) => rowOf("trunkline", phase, measured, phase);
  const [without, untilTold, withThem] = [row("without"), row("until told"), row("with")];
  const all = LOAD.stuck * TURNS;
  const lost = without.lost + untilTold.lost + withThem.lost;
  const checks = [
    noLoss({ ...without, lost }),
    {
      target: "every stuck one is told, and is sent nothing until it speaks",
      measured: `${counts.told} of ${all} told, ${counts.still} still lagging at the end`,
      isMet: counts.told === all && counts.still === all,
    },
    ...[untilTold, withThem].map(({ load, p99Ms }) =>
      atMost(`p99 of the others, ${load} ÷ without`, times(p99Ms, without.p99Ms), 1.1, ""),
    ),
  ];
  const notes = [
    `${LOAD.stuck} consumers subscribe everything, acknowledge one frame and stop reading, in ${TURNS} turns; the figures are those of the ${LOAD.sockets} others, in all turns of a kind but its slowest.`,
    "Until told: from there on until the market has seen that none of them reads. With: after that.",
  ];
  return { rows: [without, untilTold, withThem], checks, notes };
}

export const STUCK_CASES: Case[] = [
  { name: "stuck", title: "consumers that stopped reading, beside fifty that read", run: stuck },
];
