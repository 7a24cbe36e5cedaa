/**
 * What one would write first: a Node `ws` server that sends each tick, as one message, to each socket
 * that subscribed to its instrument. The text is made once for each tick. It makes its own ticks, at
 * the offered rate, because a hub has no broker to ask.
 */
import { type WebSocket, WebSocketServer } from "ws";
import type { HubTick } from "./protocol.ts";

const TURN_MS = 2;

const [rateText = "0", ...instruments] = process.argv.slice(2);
const ticksPerMs = Number(rateText) / 1_000;

const wanted = new Map<string, Set<WebSocket>>(instruments.map((each) => [each, new Set()]));
const seqs = new Map<string, number>();

function tickOf(instrument: string, seq: number): HubTick {
  const now = Date.now();
  const last = 1_000 + (seq % 100) / 20;
  return {
    instrument,
    last,
    lastQuantity: 10,
    bid: last - 0.05,
    bidQuantity: 100,
    ask: last + 0.05,
    askQuantity: 100,
    volume: seq * 10,
    exchangeTime: now,
    receivedTime: now,
    epoch: 1,
    seq,
    late: false,
    provider: "hub",
  };
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const request = JSON.parse((data as Buffer).toString()) as { instruments: string[] };
    for (const instrument of request.instruments) wanted.get(instrument)?.add(socket);
    socket.send(JSON.stringify({ type: "subscribed" }));
  });
  socket.on("close", () => {
    for (const sockets of wanted.values()) sockets.delete(socket);
  });
});

let next = 0;
let sent = 0;
const began = performance.now();

/** Sends what is due by now; a turn that comes late sends more. */
function turn(): void {
  const due = Math.floor((performance.now() - began) * ticksPerMs);
  for (; sent < due; sent += 1) {
    const instrument = instruments[next] ?? "";
    next = (next + 1) % instruments.length;
    const seq = (seqs.get(instrument) ?? 0) + 1;
    seqs.set(instrument, seq);
    const text = JSON.stringify(tickOf(instrument, seq));
    for (const socket of wanted.get(instrument) ?? []) socket.send(text);
  }
}

server.on("listening", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : null });
  setInterval(turn, TURN_MS);
});
process.on("disconnect", () => process.exit(0));
