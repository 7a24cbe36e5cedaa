/**
 * The feed's face to Trunkline: as much of the paper exchange's wire as a shard, a gateway and a manager
 * ask of it, with nothing to trade and any number of instruments to watch.
 */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { PAPER_SESSION_LIFETIME_MS } from "../../src/brokers/paper/rules.ts";
import type { FeedNotice, FeedRequest } from "../../src/brokers/paper/wire.ts";
import { instrumentName, paperRow } from "./rows.ts";

const HEARTBEAT_MS = 1_000;

interface Connection {
  socket: WebSocket;
  openedAt: number;
  instruments: Set<number>;
  rows: string[];
}

const listing = (index: number) => ({
  id: instrumentName(index),
  exchange: "NSE",
  symbol: `B${index}`,
  name: `Bench ${index}`,
  kind: "equity",
  currency: "INR",
  tickSize: "0.05",
  lotSize: "1",
  minQuantity: "1",
  maxQuantity: "1000000",
  tradable: true,
  calendar: "always",
});

const indexOf = (name: string): number => Number(name.slice("NSE:B".length));

export class ExchangeServer {
  readonly #instruments: number;
  readonly #connections = new Set<Connection>();
  #subscribers: Connection[][] = [];
  opened = 0;
  connectMs: number | null = null;

  constructor(instruments: number) {
    this.#instruments = instruments;
  }

  /** Resolves with the port it listens on. */
  listen(): Promise<number> {
    const server = createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(this.#answer(request.url ?? "")));
    });
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on("connection", (socket, request) => {
      if (request.url?.startsWith("/feed")) this.#open(socket);
      else socket.send('{"type":"ready"}');
      const heartbeat = (): void =>
        socket.send(JSON.stringify({ type: "heartbeat", time: Date.now() }));
      const timer = setInterval(heartbeat, HEARTBEAT_MS);
      socket.on("close", () => clearInterval(timer));
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
      });
    });
  }

  #answer(url: string): object {
    // It takes every token: what a session costs is not what is measured here.
    if (url.startsWith("/session"))
      return { token: "bench", generation: 1, expiresAt: Date.now() + PAPER_SESSION_LIFETIME_MS };
    const items = (): object[] => {
      if (url.startsWith("/instruments"))
        return Array.from({ length: this.#instruments }, (_, index) => listing(index));
      if (url.startsWith("/balances"))
        return [{ currency: "INR", total: "1000000", available: "1000000" }];
      return [];
    };
    return { items: items(), next: null };
  }

  #open(socket: WebSocket): void {
    const connection: Connection = {
      socket,
      openedAt: performance.now(),
      instruments: new Set(),
      rows: [],
    };
    this.opened += 1;
    this.#connections.add(connection);
    socket.on("message", (data) => {
      this.#take(connection, JSON.parse((data as Buffer).toString()) as FeedRequest);
    });
    socket.on("close", () => {
      this.#connections.delete(connection);
      this.#resubscribe();
    });
  }

  #take(connection: Connection, request: FeedRequest): void {
    // What was gathered goes first: an answer must not overtake the ticks that came before it.
    this.flush();
    const notice: FeedNotice = {
      type: request.op === "subscribe" ? "subscribed" : "unsubscribed",
      instruments: request.instruments,
    };
    for (const name of request.instruments) {
      if (request.op === "subscribe") connection.instruments.add(indexOf(name));
      else connection.instruments.delete(indexOf(name));
    }
    this.#resubscribe();
    connection.socket.send(JSON.stringify(notice));
    this.connectMs = performance.now() - connection.openedAt;
  }

  #resubscribe(): void {
    this.#subscribers = Array.from({ length: this.#instruments }, () => []);
    for (const connection of this.#connections)
      for (const index of connection.instruments) this.#subscribers[index]?.push(connection);
  }

  tick(index: number, facts: string): void {
    const subscribers = this.#subscribers[index] ?? [];
    if (subscribers.length === 0) return;
    const row = paperRow(index, facts);
    for (const connection of subscribers) connection.rows.push(row);
  }

  flush(): void {
    for (const connection of this.#connections) {
      if (connection.rows.length === 0) continue;
      connection.socket.send(`{"type":"ticks","ticks":[${connection.rows.join(",")}]}`);
      connection.rows = [];
    }
  }
}
