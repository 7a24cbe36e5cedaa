/** A scripted platform on a loopback port: real HTTP and real sockets, and every answer in the test's hand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Candle } from "../../../src/contract/market.ts";
import type { StreamRequest } from "../../../src/contract/stream.ts";
import { orderView, riskView } from "./views.ts";

export interface HttpCall {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  response: ServerResponse;
}

type SubscribeTicks = Extract<StreamRequest, { op: "subscribe"; channel: "ticks" }>;

type SubscribeCandles = Extract<StreamRequest, { op: "subscribe"; channel: "candles" }>;

interface FakeTick {
  seq: number;
  last?: number;
  volume?: number;
  time?: number;
  late?: boolean;
}

/** One algo's socket as the platform sees it. */
export class FakeSocket {
  readonly received: StreamRequest[] = [];
  readonly socket: WebSocket;
  readonly authorization: string | undefined;
  readonly protocol: string | undefined;
  epoch = 1;
  seq = 0;
  readonly aliases = new Map<string, number>();

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.authorization = request.headers.authorization;
    this.protocol = request.headers["sec-websocket-protocol"];
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  alias(instrument: string): number {
    const alias = this.aliases.get(instrument) ?? this.aliases.size + 1;
    this.aliases.set(instrument, alias);
    return alias;
  }

  subscribed(request: { requestId?: string | undefined }, instruments: readonly string[]): void {
    const aliases = Object.fromEntries(instruments.map((name) => [name, this.alias(name)]));
    const listed = instruments.map((instrument) => ({ instrument, state: "live" }));
    const { epoch, seq } = this;
    const { requestId } = request;
    const channel = "ticks";
    this.send({ type: "subscribed", channel, epoch, seq, instruments: listed, aliases, requestId });
  }

  /** A live frame of one tick; `frame` may be off the expected number on purpose. */
  tick(instrument: string, tick: FakeTick) {
    this.seq += 1;
    this.frame(this.seq, [[instrument, tick]]);
  }

  frame(seq: number, ticks: [string, FakeTick][], snapshot = false): void {
    const rows = ticks.map(([instrument, tick]) => {
      const { last = 100, volume = null, time = 1_700_000_000_000, late = false } = tick;
      const alias = this.alias(instrument);
      return [
        alias,
        last,
        1,
        null,
        null,
        null,
        null,
        volume,
        time,
        time,
        1,
        tick.seq,
        late ? 1 : 0,
        "paper",
      ];
    });
    this.send({ type: "t", epoch: this.epoch, seq, ...(snapshot ? { s: 1 } : {}), t: rows });
  }

  ofCandles(): SubscribeCandles[] {
    return this.received.filter(
      (request): request is SubscribeCandles =>
        request.op === "subscribe" && request.channel === "candles",
    );
  }

  bar(instrument: string, candle: Candle, closed: boolean, interval = "1m"): void {
    this.send({ type: "candle", instrument, interval, closed, provider: "paper", candle });
  }

  ofTicks(): SubscribeTicks[] {
    return this.received.filter(
      (request): request is SubscribeTicks =>
        request.op === "subscribe" && request.channel === "ticks",
    );
  }
}

export class FakePlatform {
  readonly sockets: FakeSocket[] = [];
  readonly calls: HttpCall[] = [];
  /** What `POST /v1/orders` does; default: a new order. */
  onSubmit: (call: HttpCall) => void = (call) => answer(call, 201, orderView(call.body));
  /** What `GET /v1/orders/:id` does; default: there is none. */
  onLookUp: (call: HttpCall) => void = (call) => refuse(call, 404, "UNKNOWN_ORDER");
  onOther: (call: HttpCall) => void = answerOther;
  onSubscribe: (socket: FakeSocket, request: SubscribeTicks) => void = (socket, request) =>
    socket.subscribed(request, request.instruments);
  /** What a subscribe of bars is answered with: what `bars` names, as the platform does. */
  onCandles: (socket: FakeSocket, request: SubscribeCandles) => void = (socket, request) => {
    const { instruments, interval, requestId, channel } = request;
    for (const instrument of instruments) {
      const candles = (this.bars.get(instrument) ?? []).slice(-(request.history ?? 1));
      socket.send({ type: "history", channel, instrument, interval, candles });
    }
    const { epoch, seq } = socket;
    const listed = instruments.map((instrument) => ({ instrument, state: "live" }));
    socket.send({
      type: "subscribed",
      channel,
      epoch,
      seq,
      instruments: listed,
      interval,
      requestId,
    });
  };
  readonly bars = new Map<string, Candle[]>();
  algoId: string | null = null;
  /** False: the upgrade is refused with 401, and so is every request. */
  keyIsGood = true;
  #server: Server | null = null;
  #sockets: WebSocketServer | null = null;

  async start(port = 0): Promise<void> {
    const server = createServer((request, response) => void this.#call(request, response));
    const sockets = new WebSocketServer({
      server,
      verifyClient: () => this.keyIsGood,
      handleProtocols: (protocols) => [...protocols][0] ?? false,
    });
    sockets.on("connection", (socket, request) => this.#accept(socket, request));
    this.#server = server;
    this.#sockets = sockets;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  }

  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no algo has connected");
    return socket;
  }

  of(method: string, path: string): HttpCall[] {
    return this.calls.filter((call) => call.method === method && call.path.startsWith(path));
  }

  async stop(): Promise<void> {
    for (const { socket } of this.sockets) socket.terminate();
    this.#sockets?.close();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const fake = new FakeSocket(socket, request);
    this.sockets.push(fake);
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as StreamRequest;
      fake.received.push(message);
      this.#answer(fake, message);
    });
    const { algoId } = this;
    fake.send({ type: "welcome", market: "m1", format: "compact", algoId, time: 1 });
  }

  #answer(fake: FakeSocket, message: StreamRequest): void {
    if (message.op === "ping") return fake.send({ type: "pong", time: 1 });
    if (message.op !== "subscribe") return;
    if (message.channel === "ticks") return this.onSubscribe(fake, message);
    if (message.channel === "candles") return this.onCandles(fake, message);
    const { epoch, seq } = fake;
    const { channel, requestId } = message;
    fake.send({ type: "subscribed", channel, epoch, seq, instruments: [], requestId });
  }

  async #call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://x");
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const call: HttpCall = { method: request.method ?? "", path, query, body, response };
    this.calls.push(call);
    if (!this.keyIsGood) return refuse(call, 401, "UNAUTHENTICATED");
    if (call.method === "POST" && path === "/v1/orders") return this.onSubmit(call);
    if (call.method === "GET" && path.startsWith("/v1/orders/")) return this.onLookUp(call);
    this.onOther(call);
  }
}

export function answerOther(call: HttpCall): void {
  if (call.path === "/v1/risk") return answer(call, 200, riskView());
  if (call.method === "GET") return answer(call, 200, { items: [], nextCursor: null });
  refuse(call, 404, "NOT_FOUND");
}

export function answer({ response }: HttpCall, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export function refuse(
  call: HttpCall,
  status: number,
  code: string,
  details: unknown = null,
): void {
  const message = `refused with ${code}`;
  answer(call, status, { error: { code, message, details, requestId: "r1" } });
}

/** Takes the request and breaks the line instead of answering. */
export const drop = ({ response }: HttpCall): void => void response.socket?.destroy();
