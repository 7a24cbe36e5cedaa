/**
 * The feed process: makes ticks at a rate, stamps each with the time, and hands them to one server in the
 * way that server is fed, all that is due in one write.
 */
import { connect, type Socket } from "node:net";
import { answerMessages } from "../lib/child.ts";
import { ExchangeServer } from "./exchange-server.ts";
import type { FeedCounts, FeedMessage, FeedPort } from "./protocol.ts";
import { factsOf, plainRow } from "./rows.ts";

/** Ticks that are due leave this often. */
const TURN_MS = 1;

/** Ticks that a late turn makes up for at most: after a pause the feed goes on, it does not race. */
const CATCH_UP_MS = 250;

/**
 * Neighbours in the list do not tick one after the other, as in a market: a step that shares no factor
 * with the number of instruments visits all of them in turn.
 */
const STEP = 1_117;

interface Target {
  tick(index: number, facts: string, volume: number, now: number): void;
  flush(): void;
}

const volumes: number[] = [];
let exchange: ExchangeServer | null = null;
let target: Target = { tick: () => {}, flush: () => {} };
let timer: NodeJS.Timeout | null = null;

const dial = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });

/** Text is gathered and written at once. */
function gathering(socket: Socket, lineOf: (index: number, row: string) => string): Target {
  let text = "";
  return {
    tick: (index, facts, volume, now) => {
      text += lineOf(index, plainRow(index, facts, volume, now));
    },
    flush: () => {
      if (text !== "") socket.write(text);
      text = "";
    },
  };
}

/** A line for each tick; the hub cuts at the first space. */
async function hubTarget(port: number): Promise<Target> {
  return gathering(await dial(port), (index, row) => `${index} ${row}\n`);
}

/** https://docs.nats.io/reference/reference-protocols/nats-protocol: a subject for each instrument. */
async function natsTarget(port: number): Promise<Target> {
  const socket = await dial(port);
  socket.on("data", (data) => {
    if (data.toString("latin1").includes("PING")) socket.write("PONG\r\n");
  });
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
  return gathering(socket, (index, row) => `PUB b.${index} ${row.length}\r\n${row}\r\n`);
}

async function start(message: Extract<FeedMessage, { op: "start" }>): Promise<FeedPort> {
  for (let index = 0; index < message.instruments; index += 1) volumes.push(0);
  if (message.target === "hub") target = await hubTarget(message.port);
  if (message.target === "nats") target = await natsTarget(message.port);
  if (message.target !== "trunkline") return { port: message.port };
  exchange = new ExchangeServer(message.instruments);
  target = exchange;
  return { port: await exchange.listen() };
}

function stop(): FeedCounts {
  if (timer) clearInterval(timer);
  timer = null;
  const { opened = 0, connectMs = null } = exchange ?? {};
  return { volumes, connections: opened, connectMs };
}

function tick({ ticksPerSecond, only }: Extract<FeedMessage, { op: "tick" }>): void {
  stop();
  const ticking = only ?? volumes.map((_, index) => index);
  let owed = 0;
  let next = 0;
  let last = performance.now();
  timer = setInterval(() => {
    const at = performance.now();
    owed += (Math.min(CATCH_UP_MS, at - last) * ticksPerSecond) / 1_000;
    last = at;
    const now = Date.now();
    for (; owed >= 1; owed -= 1) {
      next = (next + STEP) % ticking.length;
      const index = ticking[next] ?? 0;
      const volume = (volumes[index] ?? 0) + 1;
      volumes[index] = volume;
      target.tick(index, factsOf(volume, now), volume, now);
    }
    target.flush();
  }, TURN_MS);
}

answerMessages((message: FeedMessage) => {
  if (message.op === "start") return start(message);
  if (message.op === "stop") return stop();
  return tick(message);
});
