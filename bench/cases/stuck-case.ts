/** A consumer that stopped reading: what it costs the others. With and without it in turns, on one server. */
import { WebSocket } from "ws";
import { STREAM_SUBPROTOCOL } from "../../src/contract/stream.ts";
import { measure, pause, type Figures } from "../load/measure.ts";
import type { Server } from "../load/servers.ts";
import {
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  median,
  noLoss,
  onServer,
  range,
  type Row,
  rowOf,
  times,
} from "./case.ts";

const LOAD = { instruments: 100, sockets: 50, ticksPerSecond: 4_000, stuck: 5 };

/** Turns of each; the middle one is told, because one busy moment of the machine is worth more than the effect. */
const TURNS = 5;

/** Longer than it takes a reader that stands still to be told that it lags. */
const SETTLE_MS = 500;

interface Stuck {
  end(): void;
}

/** Subscribes everything, acknowledges the first frames as a client does, and never reads again. */
async function stuckReader(server: Server, instruments: string[]): Promise<Stuck> {
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
  return { end: () => socket.terminate() };
}

const turn = ({ seconds }: CaseOptions): Promise<void> => pause((seconds * 1_000) / 2);

async function stuck(options: CaseOptions): Promise<CaseResult> {
  const result = await onServer("trunkline", LOAD.instruments, async (server) => {
    const { items } = await (server.runtime as NonNullable<Server["runtime"]>).platform.get<{
      items: { id: string }[];
    }>("/v1/instruments?limit=500");
    const instruments = items.slice(0, LOAD.instruments).map(({ id }) => id);
    let readers: Stuck[] = [];
    const open = async (): Promise<void> => {
      readers = await Promise.all(range(LOAD.stuck).map(() => stuckReader(server, instruments)));
      await pause(SETTLE_MS);
    };
    const close = async (): Promise<void> => {
      for (const reader of readers) reader.end();
      await pause(SETTLE_MS);
    };
    // Coming and going is not what is measured: it has phases of its own.
    const phases = Object.fromEntries(
      range(TURNS).flatMap((number) => [
        [`without ${number}`, () => turn(options)],
        [`opening ${number}`, open],
        [`with ${number}`, () => turn(options)],
        [`closing ${number}`, close],
      ]),
    );
    const lists = range(LOAD.sockets).map(() => range(LOAD.instruments));
    const { ticksPerSecond } = LOAD;
    const ticking = range(LOAD.instruments);
    return measure(server, { lists, ticking, ticksPerSecond, phases });
  });
  if (result === null) throw new Error("the case was not measured");
  const { phases, ...ends } = result;
  const middle = (kind: string): Row => {
    const group = Object.entries(phases).flatMap(([name, figures]) =>
      name.startsWith(kind) ? [figures] : [],
    );
    const of = (pick: (figures: Figures) => number | null): number | null =>
      median(group.map(pick));
    const [first] = group as [Figures, ...Figures[]];
    const lost = group.reduce((sum, figures) => sum + figures.lost, 0);
    const doubled = group.reduce((sum, figures) => sum + figures.doubled, 0);
    const told = {
      ...first,
      lost,
      doubled,
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      p999Ms: of(({ p999Ms }) => p999Ms),
    };
    return rowOf("trunkline", kind, { phases: { [kind]: told }, ...ends }, kind);
  };
  const without = middle("without ");
  const withIt = middle("with ");
  const checks = [
    noLoss({ ...without, lost: without.lost + withIt.lost }),
    atMost(
      "p99 of the others ÷ without the stuck ones",
      times(withIt.p99Ms, without.p99Ms),
      1.1,
      "",
    ),
  ];
  const notes = [
    `${LOAD.stuck} consumers subscribe everything, acknowledge one frame and stop reading, in ${TURNS} turns with and ${TURNS} without; the figures are those of the ${LOAD.sockets} others.`,
  ];
  return { rows: [without, withIt], checks, notes };
}

export const STUCK_CASES: Case[] = [
  { name: "stuck", title: "consumers that stopped reading, beside fifty that read", run: stuck },
];
