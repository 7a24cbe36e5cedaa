/**
 * The algos' end of the stream, whatever broker is behind it. A thin shell: ticks are routed by the
 * board, requests answered by `market.requests.ts`; here they meet sockets, storage and other objects.
 */
import { DurableObject } from "cloudflare:workers";
import { type Caller, CALLER_HEADER, may } from "../src/application/caller.ts";
import { errorText } from "../src/application/log.ts";
import type { LedgerNotice, MarketPort } from "../src/application/ports.ts";
import type { LinkGap, LinkStatus } from "../src/contract/link.ts";
import { STREAM_SUBPROTOCOL, type StreamMessage } from "../src/contract/stream.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  CLOSE_FRAME_TOO_LARGE,
  LAGGING_CHECK_MS,
  OBJECT_RETRY_MS,
  STREAM_FRAME_BYTES_MAX,
} from "../src/domain/limits.ts";
import { PORTFOLIO } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager, feedShard, marketManager, riskLedger } from "../src/platform/objects.ts";
import { Board, type StreamFormat } from "./market.board.ts";
import { Interest } from "./market.interest.ts";
import { type LinkAttachment, MarketLinks } from "./market.links.ts";
import { Requests } from "./market.requests.ts";
import { type AlgoAttachment, AlgoSocket } from "./market.socket.ts";
import { MarketStorage } from "./market.storage.ts";

export class Market extends DurableObject<Env> implements MarketPort {
  readonly #name: string;
  readonly #storage: MarketStorage;
  readonly #board: Board;
  readonly #links: MarketLinks;
  readonly #interest: Interest;
  readonly #requests: Requests;
  readonly #algos = new Map<WebSocket, AlgoSocket>();
  readonly #log;
  #lagCheck: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#name = ctx.id.name ?? "";
    this.#log = logger({ object: "Market", name: this.#name });
    this.#storage = new MarketStorage(ctx.storage.sql);
    this.#board = new Board(this.#storage.nextEpoch());
    this.#links = new MarketLinks(this.#board, {
      saveAliases: (shard, aliases) => this.#storage.saveLink(shard, aliases),
      gap: (gap, provider) => this.#relayGap(gap, provider),
      status: (status) => this.#relayStatus(status),
    });
    this.#interest = new Interest({
      consumer: `market:${this.#name}`,
      manager: (broker) => brokerManager(env, broker),
      providerOf: (instrument) => this.#requests.providerOf(instrument),
      declared: () => this.#storage.declared(),
      saveDeclared: (declared) => this.#storage.saveDeclared(declared),
      failed: (error) => this.#declareLater(error),
    });
    this.#requests = new Requests({
      name: this.#name,
      board: this.#board,
      interest: this.#interest,
      storage: this.#storage,
      manager: (broker) => brokerManager(env, broker),
      managers: () => marketManager(env),
      ledger: () => riskLedger(env, PORTFOLIO),
      sockets: () => this.#algos.values(),
      log: this.#log,
    });
    this.#rebuild();
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.headers.get("Upgrade") !== "websocket")
      return new Response("a WebSocket is expected here", { status: 426 });
    if (url.pathname === "/link") return this.#acceptLink(url);
    if (url.pathname === "/stream") return this.#acceptAlgo(request, url);
    return new Response("no such socket", { status: 404 });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#links.has(socket)) {
      if (typeof data === "string") this.#links.read(socket, data);
      return;
    }
    const algo = this.#algos.get(socket);
    if (!algo) return;
    if (bytesOf(data) > STREAM_FRAME_BYTES_MAX) {
      const message = `a frame holds at most ${STREAM_FRAME_BYTES_MAX} bytes`;
      algo.send({ type: "error", code: "FRAME_TOO_LARGE", message });
      this.#algos.delete(socket);
      this.#requests.drop(algo);
      algo.close(CLOSE_FRAME_TOO_LARGE, message);
      return;
    }
    this.#requests.take(algo, typeof data === "string" ? data : "", Date.now());
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    this.#ended(socket);
    try {
      // The runtime does not answer the close of a hibernatable socket by itself: the other side would wait.
      socket.close(1000, "goodbye");
    } catch {
      // Closed on both sides already.
    }
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#ended(socket);
  }

  async publish(notices: LedgerNotice[]): Promise<void> {
    for (const { version, order, risk } of notices) {
      for (const algo of this.#algos.values()) {
        if (order && algo.channels.has("orders") && maySee(algo.caller, order.algoId))
          algo.send({ type: "order", version, order });
        if (risk && algo.channels.has("risk")) algo.send({ type: "risk", version, risk });
      }
    }
  }

  async view(): Promise<{ market: string; sockets: number; instruments: number }> {
    const { size: instruments } = this.#interest;
    return { market: this.#name, sockets: this.#algos.size, instruments };
  }

  /** A declare had failed, or what is wanted differs from what was declared before an eviction. */
  override async alarm(): Promise<void> {
    this.#interest.redeclare();
  }

  /** After an eviction: sockets that hibernated go on as they were; those that are gone want nothing any more. */
  #rebuild(): void {
    for (const { instrument, alias } of this.#storage.instruments())
      this.#board.admit(instrument, alias);
    const lists = this.#storage.sockets();
    const aliases = this.#storage.links();
    for (const socket of this.ctx.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as AlgoAttachment | LinkAttachment;
      if (attachment.kind === "link") {
        this.#links.open(socket, attachment, aliases.get(attachment.shard) ?? []);
        continue;
      }
      const algo = this.#admit(socket, attachment);
      for (const entry of lists.get(algo.id) ?? []) algo.instruments.set(...entry);
      lists.delete(algo.id);
      this.#interest.add(algo.instruments);
      algo.regroup();
    }
    for (const id of lists.keys()) this.#storage.forgetSocket(id);
    if (!this.#interest.isDeclared()) this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now()));
  }

  #admit(socket: WebSocket, attachment: AlgoAttachment): AlgoSocket {
    const algo = new AlgoSocket(socket, attachment, this.#board, () => this.#watchLag());
    this.#algos.set(socket, algo);
    return algo;
  }

  #acceptAlgo(request: Request, url: URL): Response {
    const caller = readCaller(request.headers.get(CALLER_HEADER));
    if (!caller) return new Response("the caller is missing", { status: 401 });
    const format: StreamFormat = url.searchParams.get("format") === "compact" ? "compact" : "plain";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const attachment = {
      kind: "algo",
      id: crypto.randomUUID(),
      format,
      caller,
      channels: [],
    } as const;
    const algo = this.#admit(server, { ...attachment, channels: [] });
    algo.saveAttachment();
    const { algoId } = caller;
    algo.send({ type: "welcome", market: this.#name, format, algoId, time: Date.now() });
    const offered = request.headers.get("Sec-WebSocket-Protocol") ?? "";
    const speaksOurs = offered.split(",").some((name) => name.trim() === STREAM_SUBPROTOCOL);
    const headers = new Headers(speaksOurs ? { "Sec-WebSocket-Protocol": STREAM_SUBPROTOCOL } : {});
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  #acceptLink(url: URL): Response {
    const shard = url.searchParams.get("shard") ?? "";
    const provider = url.searchParams.get("provider") ?? "";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const attachment: LinkAttachment = { kind: "link", shard, provider };
    server.serializeAttachment(attachment);
    this.#links.open(server, attachment, []);
    return new Response(null, { status: 101, webSocket: client });
  }

  #ended(socket: WebSocket): void {
    const link = this.#links.close(socket);
    if (link) return this.#linkEnded(link);
    const algo = this.#algos.get(socket);
    if (!algo) return;
    this.#algos.delete(socket);
    this.#requests.drop(algo);
  }

  /** A shard that lives opens a new link by itself; one that was evicted has to be woken. */
  #linkEnded({ shard, instruments }: { shard: string; instruments: InstrumentId[] }): void {
    if (this.#interest.size === 0) return;
    const message = `the link from ${shard} broke`;
    this.#relayStatus({ subject: "feed", state: "disconnected", instruments, message });
    feedShard(this.env, shard)
      .ensure()
      .catch((error: unknown) => {
        // The shard's own alarm and the manager's watchdog wake it too.
        this.#log("warn", "shard_unreachable", { shard, reason: errorText(error) });
      });
  }

  #relayGap(gap: LinkGap, provider: string): void {
    const { from, to, reason } = gap;
    this.#tell(gap.instruments, (instruments) => ({
      type: "gap",
      instruments,
      from,
      to,
      provider,
      reason,
    }));
  }

  #relayStatus(status: LinkStatus): void {
    const { subject, state, message } = status;
    let concerned = status.instruments;
    if (subject === "instrument" && state === "live")
      concerned = concerned.filter((instrument) => this.#board.get(instrument)?.isLive === false);
    for (const instrument of concerned) {
      const one = this.#board.get(instrument);
      if (one && state !== "connected") one.isLive = state === "live";
    }
    this.#tell(concerned, (instruments) => ({
      type: "status",
      subject,
      state,
      instruments,
      message,
    }));
  }

  /** To every socket that holds any of these instruments, naming those it holds; to `status` sockets all. */
  #tell(
    instruments: readonly InstrumentId[],
    message: (instruments: InstrumentId[]) => StreamMessage,
  ): void {
    if (instruments.length === 0) return;
    for (const algo of this.#algos.values()) {
      const own = algo.channels.has("status")
        ? [...instruments]
        : instruments.filter((instrument) => algo.instruments.has(instrument));
      if (own.length > 0) algo.send(message(own));
    }
  }

  #watchLag(): void {
    this.#lagCheck ??= setInterval(() => {
      let isAnyLagging = false;
      for (const algo of this.#algos.values()) {
        algo.checkLag(Date.now());
        isAnyLagging ||= algo.isLagging && !algo.isClosed;
      }
      if (isAnyLagging || this.#lagCheck === null) return;
      clearInterval(this.#lagCheck);
      this.#lagCheck = null;
    }, LAGGING_CHECK_MS);
  }

  #declareLater(error: unknown): void {
    this.#log("warn", "declare_failed", { reason: errorText(error) });
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + OBJECT_RETRY_MS));
  }
}

/** An algo's key sees its own orders; people, administrators and keys of no algo see all. */
const maySee = (caller: Caller, algoId: string): boolean =>
  caller.algoId === null || caller.algoId === algoId || may(caller, "admin");

/** The Worker has verified it; here it is only read. */
function readCaller(header: string | null): Caller | null {
  try {
    return header === null ? null : (JSON.parse(header) as Caller);
  } catch {
    return null;
  }
}

function bytesOf(data: string | ArrayBuffer): number {
  if (typeof data !== "string") return data.byteLength;
  // A character has at most three bytes for each UTF-16 unit, and at least one.
  if (data.length > STREAM_FRAME_BYTES_MAX) return data.length;
  if (data.length * 3 <= STREAM_FRAME_BYTES_MAX) return data.length;
  return new TextEncoder().encode(data).byteLength;
}
