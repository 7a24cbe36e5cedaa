/**
 * The algos' end of the stream, whatever broker is behind it. A thin shell: ticks are routed by the
 * board, requests answered by `market.requests.ts`; here they meet sockets, storage and other objects.
 */
import { DurableObject } from "cloudflare:workers";
import { CALLER_HEADER } from "../src/application/caller.ts";
import { errorText } from "../src/application/log.ts";
import type {
  ActiveProvider,
  LedgerNotice,
  MarketCounts,
  MarketPort,
} from "../src/application/ports.ts";
import type { SignalView } from "../src/contract/signals.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  CLOSE_KEY_REVOKED,
  CLOSE_MOVED,
  STREAM_NO_ROOM_STATUS,
} from "../src/domain/market-limits.ts";
import { RateMeter } from "../src/domain/rate-meter.ts";
import { PORTFOLIO } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { brokerManager, feedShard, marketManager, riskLedger } from "../src/platform/objects.ts";
import { FRAME_TOO_LARGE, refuse } from "./market.answers.ts";
import { Board, type StreamFormat } from "./market.board.ts";
import { countsOf, heldBy, SocketCount } from "./market.count.ts";
import { isKey, isTooLarge, readCaller, subprotocolOf } from "./market.door.ts";
import { Drain, type DrainPlan } from "./market.drain.ts";
import { Interest } from "./market.interest.ts";
import { KeyUse } from "./market.keys.ts";
import { LagWatch } from "./market.lag.ts";
import { LedgerFeed } from "./market.ledger.ts";
import { type LinkAttachment, MarketLinks } from "./market.links.ts";
import { MarketProviders } from "./market.providers.ts";
import { Relay } from "./market.relay.ts";
import { Requests } from "./market.requests.ts";
import { SignalFeed } from "./market.signals.ts";
import { type AlgoAttachment, AlgoSocket } from "./market.socket.ts";
import { MarketStorage } from "./market.storage.ts";
import { SoonestAlarm } from "./soonest-alarm.ts";

export class Market extends DurableObject<Env> implements MarketPort {
  readonly #name: string;
  readonly #storage: MarketStorage;
  readonly #board: Board;
  readonly #links: MarketLinks;
  readonly #interest: Interest;
  readonly #requests: Requests;
  readonly #providers: MarketProviders;
  readonly #algos = new Map<WebSocket, AlgoSocket>();
  readonly #relay: Relay;
  readonly #drain: Drain;
  readonly #ledgerFeed: LedgerFeed;
  readonly #signalFeed: SignalFeed;
  readonly #count: SocketCount;
  readonly #meter = new RateMeter(Date.now());
  readonly #log;
  readonly #lag = new LagWatch(() => this.#algos.values());
  readonly #alarm = new SoonestAlarm(this.ctx);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#name = ctx.id.name ?? "";
    this.#log = logger({ object: "Market", name: this.#name });
    this.#storage = new MarketStorage(ctx.storage.sql);
    this.#board = new Board(this.#storage.nextEpoch());
    const name = this.#name;
    const log = this.#log;
    const sockets = () => this.#algos.values();
    const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work);
    this.#relay = new Relay(this.#board, this.#algos);
    this.#drain = new Drain({
      market: name,
      stored: () => this.#storage.drain(),
      store: (plan) => this.#storage.saveDrain(plan),
      sockets,
      sendAway: (algo, code, reason) => this.#sendAway(algo, code, reason),
      waitUntil,
      log,
    });
    this.#ledgerFeed = new LedgerFeed({
      name,
      ledger: () => riskLedger(env, PORTFOLIO),
      sockets,
      sendAway: (algo, reason) => this.#sendAway(algo, CLOSE_MOVED, reason),
      log,
    });
    this.#signalFeed = new SignalFeed({ name, signals: () => marketManager(env), sockets, log });
    const report = () => marketManager(env).report(name, this.#algos.size);
    this.#count = new SocketCount(report, log, waitUntil);
    this.#links = new MarketLinks(this.#board, {
      saveAliases: (shard, aliases) => this.#storage.saveLink(shard, aliases),
      gap: (gap, provider) => {
        this.#relay.gap(gap, provider);
        this.#requests.candles.gap(gap);
      },
      bars: (bars) => this.#requests.candles.take(bars),
      barUnits: (instrument) => this.#requests.candles.units(instrument),
      status: (status) => this.#relay.status(status),
      resumed: (one) => this.#providers.resumed(one),
    });
    this.#providers = new MarketProviders(this.#board, this.#storage, {
      tell: (instruments, message) => this.#relay.tell(instruments, message),
      changed: () => this.#requests.providersChanged(),
    });
    this.#interest = new Interest({
      consumer: `market:${name}`,
      manager: (broker) => brokerManager(env, broker),
      providerOf: (instrument) => this.#providers.of(instrument),
      aboveOf: (instrument) => this.#providers.above(instrument),
      begins: (instrument) => this.#board.forget(instrument),
      declared: () => this.#storage.declared(),
      saveDeclared: (declared) => this.#storage.saveDeclared(declared),
      failed: (error, retryMs) => {
        log("warn", "declare_failed", { reason: errorText(error) });
        this.#alarm.by(Date.now() + retryMs);
      },
    });
    this.#requests = new Requests({
      name,
      board: this.#board,
      interest: this.#interest,
      providers: this.#providers,
      storage: this.#storage,
      manager: (broker) => brokerManager(env, broker),
      managers: () => marketManager(env),
      keys: new KeyUse(sockets),
      ledgerFeed: this.#ledgerFeed,
      signalFeed: this.#signalFeed,
      wantsChanged: () => this.#links.askForBars(),
      log,
    });
    this.#rebuild();
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.headers.get("Upgrade") !== "websocket")
      return new Response("a WebSocket is expected here", { status: 426 });
    if (url.pathname === "/link") return this.#links.accept(this.ctx, url);
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
    if (isTooLarge(data)) return refuse(algo, FRAME_TOO_LARGE);
    this.#requests.take(algo, typeof data === "string" ? data : "", Date.now());
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    this.#ended(socket, code);
    try {
      // The runtime does not answer the close of a hibernatable socket by itself: the other side would wait.
      socket.close(1000, "goodbye");
    } catch {
      // Closed on both sides already.
    }
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#ended(socket, null);
  }

  publish(notices: LedgerNotice[]): Promise<void> {
    return this.#ledgerFeed.publish(notices);
  }

  async takeProviders(providers: ActiveProvider[]): Promise<void> {
    this.#providers.take(providers);
  }

  async takeSignals(signals: SignalView[]): Promise<void> {
    this.#signalFeed.take(signals);
  }

  async view(): Promise<MarketCounts> {
    const deliveriesPerSecond = this.#meter.read(this.#board.deliveries, Date.now());
    const instruments = this.#interest.size;
    return countsOf([...this.#algos.values()], this.#name, { instruments, deliveriesPerSecond });
  }

  async held(): Promise<InstrumentId[]> {
    return heldBy(this.#algos.values());
  }

  async drain(plan: DrainPlan | null): Promise<void> {
    this.#drain.set(plan);
  }

  async closeKey(keyId: string): Promise<{ closed: number }> {
    this.#storage.revoke(keyId, Date.now());
    const own = [...this.#algos.values()].filter(({ caller }) => isKey(caller, keyId));
    for (const algo of own) this.#sendAway(algo, CLOSE_KEY_REVOKED, "the key was revoked");
    return { closed: own.length };
  }

  /** A declare had failed, or what is wanted differs from what was declared before an eviction. */
  override async alarm(): Promise<void> {
    this.#alarm.rang();
    this.#interest.redeclare();
  }

  /** After an eviction: sockets that hibernated go on as they were; those that are gone, or were closed, want nothing any more. */
  #rebuild(): void {
    const lists = this.#storage.sockets();
    const candles = this.#storage.candles();
    const aliases = this.#storage.links();
    for (const socket of this.ctx.getWebSockets()) {
      if (socket.readyState !== WebSocket.OPEN) continue;
      const attachment = socket.deserializeAttachment() as AlgoAttachment | LinkAttachment;
      if (attachment.kind === "link") {
        this.#links.restore(socket, attachment, aliases.get(attachment.shard) ?? []);
        continue;
      }
      const algo = this.#admit(socket, attachment);
      for (const entry of lists.get(algo.id) ?? []) algo.instruments.set(...entry);
      this.#interest.add(algo.instruments);
      this.#requests.candles.restore(algo, candles.get(algo.id) ?? []);
      algo.regroup();
    }
    this.#links.askForBars();
    this.#storage.keepOnly([...this.#algos.values()]);
    this.#drain.resume();
    if (!this.#interest.isDeclared()) this.#alarm.by(Date.now());
  }

  #admit(socket: WebSocket, attachment: AlgoAttachment): AlgoSocket {
    const algo = new AlgoSocket(socket, attachment, this.#board, {
      lagging: () => this.#lag.start(),
      caughtUp: (one) => this.#requests.candles.caughtUp(one),
      closed: (one) => queueMicrotask(() => this.#drop(one)),
    });
    this.#algos.set(socket, algo);
    return algo;
  }

  #acceptAlgo(request: Request, url: URL): Response {
    const caller = readCaller(request.headers.get(CALLER_HEADER));
    if (!caller) return new Response("the caller is missing", { status: 401 });
    if (caller.kind === "algo" && this.#storage.isRevoked(caller.id))
      return new Response("the key was revoked", { status: 401 });
    const socketsMax = Number(url.searchParams.get("socketsMax") ?? Infinity);
    if (this.#drain.isOn || this.#algos.size >= socketsMax)
      return new Response("no room for another socket", { status: STREAM_NO_ROOM_STATUS });
    const format: StreamFormat = url.searchParams.get("format") === "compact" ? "compact" : "plain";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const id = crypto.randomUUID();
    const algo = this.#admit(server, { kind: "algo", id, format, caller, channels: [] });
    algo.saveAttachment();
    this.#count.changed();
    const { algoId } = caller;
    algo.send({ type: "welcome", market: this.#name, format, algoId, time: Date.now() });
    return new Response(null, { status: 101, webSocket: client, headers: subprotocolOf(request) });
  }

  #ended(socket: WebSocket, code: number | null): void {
    const link = this.#links.close(socket, code);
    if (link) return this.#linkEnded(link);
    const algo = this.#algos.get(socket);
    if (algo) this.#drop(algo);
  }

  /** Closes a socket for good: from here on nothing of it is left. */
  #sendAway(algo: AlgoSocket, code: number, reason: string): void {
    algo.close(code, reason);
    this.#drop(algo);
  }

  #drop(algo: AlgoSocket): void {
    for (const [socket, one] of this.#algos) {
      if (one !== algo) continue;
      this.#algos.delete(socket);
      this.#requests.drop(algo);
      this.#count.changed();
    }
  }

  /** A shard that lives opens a new link by itself; one that was evicted has to be woken. */
  #linkEnded({ shard, instruments }: { shard: string; instruments: InstrumentId[] }): void {
    if (this.#interest.size === 0) return;
    const missing = this.#interest.wantedOf(instruments);
    const message = `the link from ${shard} broke`;
    this.#relay.status({ subject: "feed", state: "disconnected", instruments: missing, message });
    feedShard(this.env, shard)
      .ensure()
      .catch((error: unknown) => {
        // The shard's own alarm and the manager's watchdog wake it too.
        this.#log("warn", "shard_unreachable", { shard, reason: errorText(error) });
      });
  }
}
