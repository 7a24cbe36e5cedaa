/**
 * The simulated exchange behind the paper account: sockets for data and order-updates, requests for
 * the rest, and switches for its market and its faults. Reached as a real broker is, by `fetch` alone.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { gridOf } from "../src/brokers/paper/grid.ts";
import { FaultSwitches } from "../src/brokers/paper/faults.ts";
import { PAPER_INSTRUMENTS } from "../src/brokers/paper/instruments.ts";
import { PAPER_HEARTBEAT_MS } from "../src/brokers/paper/rules.ts";
import { WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { paperSignIn } from "../src/platform/deployment.ts";
import { logger } from "../src/platform/logger.ts";
import { PaperStorage } from "./paper-broker.storage.ts";
import { controlRoutes } from "./paper-control.ts";
import type { PaperParts } from "./paper-control.ts";
import { PaperFeed } from "./paper-feed.ts";
import { PaperMarket } from "./paper-market.ts";
import { orderRoutes } from "./paper-order-routes.ts";
import { PaperOrderStream } from "./paper-order-stream.ts";
import { PaperOrders } from "./paper-orders.ts";
import type { MarketHours } from "./paper-orders.ts";
import { paperError } from "./paper-answers.ts";
import { quoteRoutes } from "./paper-quote-routes.ts";
import { PaperQuotes } from "./paper-quotes.ts";
import { referenceRoutes } from "./paper-reference-routes.ts";
import { PaperSession } from "./paper-session.ts";

const TICKS_PER_SECOND_DEFAULT = 50;
const SEED_DEFAULT = 20_261_120;

/** Above this rate beats come twice as often, so that frames stay small. */
const BUSY_TICKS_PER_SECOND = 2_000;
const BUSY_BEAT_MS = 10;
const BEAT_MS = 20;
/** While somebody waits for order-updates, and nobody watches prices. */
const QUIET_BEAT_MS = 100;
/** While orders wait and nobody is connected: each alarm is a write, and nobody hears of a fill anyway. */
const ALARM_BEAT_MS = 1_000;

const log = logger({ object: "PaperBroker" });

const LISTINGS = new Map(
  PAPER_INSTRUMENTS.map((instrument) => [instrument.id, { instrument, grid: gridOf(instrument) }]),
);

export class PaperBroker extends DurableObject<Env> {
  readonly #storage: PaperStorage;
  readonly #faults: FaultSwitches;
  readonly #session: PaperSession;
  readonly #orders: PaperOrders;
  readonly #stream: PaperOrderStream;
  readonly #feed: PaperFeed;
  readonly #market: PaperMarket;
  readonly #quotes = new PaperQuotes();
  readonly #routes = new Hono();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastHeartbeat = 0;
  /** True when the alarm is set; false after an eviction, so that it is then set anew. */
  #isWatched = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const now = Date.now();
    const account = ctx.id.name ?? "";
    this.#storage = new PaperStorage(ctx.storage);
    this.#faults = new FaultSwitches(this.#storage.faults());
    this.#session = new PaperSession(this.#storage, this.#faults, paperSignIn(env, account));
    this.#stream = new PaperOrderStream(this.#faults, this.#session);
    const hours = this.#storage.setting<MarketHours>(
      "hours",
      env.PAPER_HOURS === "exchange" ? "exchange" : "always",
    );
    this.#orders = new PaperOrders(this.#storage, this.#stream, this.#faults, LISTINGS, hours);
    this.#feed = new PaperFeed(this.#faults, this.#session, {
      isListed: (id) => LISTINGS.has(id),
      snapshot: (id) => this.#market.snapshot(id, Date.now()),
      book: (id) => this.#market.book(id, Date.now()),
      clock: (at) => this.#market.replay.clock(at),
    });
    this.#feed.instrumentsMax = this.#storage.setting(
      "instrumentsPerConnection",
      this.#feed.instrumentsMax,
    );
    const settings = {
      seed: this.#storage.setting("seed", SEED_DEFAULT),
      ticksPerSecond: this.#storage.setting("ticksPerSecond", TICKS_PER_SECOND_DEFAULT),
    };
    this.#market = new PaperMarket(
      this.#storage,
      LISTINGS,
      this.#orders,
      this.#feed,
      this.#quotes,
      settings,
      now,
    );
    this.#quotes.onChange = this.#feed.onChange = () => {
      this.#market.refresh(Date.now());
      this.#keepBeating();
    };
    this.#feed.onBroken = (instruments) => {
      for (const instrument of instruments) this.#quotes.note(instrument, Date.now());
    };
    this.#addRoutes();
  }

  #addRoutes(): void {
    const parts: PaperParts = {
      storage: this.#storage,
      faults: this.#faults,
      orders: this.#orders,
      stream: this.#stream,
      feed: this.#feed,
      market: this.#market,
      quotes: this.#quotes,
      session: this.#session,
    };
    this.#routes.route("/control", controlRoutes(parts));
    this.#routes.post("/session", (c) => this.#session.open(c.req.raw, () => Date.now()));
    this.#routes.use(async (c, next) => {
      const refusal = this.#session.refuse(c.req.raw, Date.now());
      return refusal ?? next();
    });
    this.#routes.get("/feed", (c) =>
      this.#accept(c.req.raw, this.#feed.refusal(), (socket) => this.#feed.open(socket)),
    );
    this.#routes.get("/order-stream", (c) =>
      this.#accept(c.req.raw, this.#stream.refusal(), (socket) =>
        this.#stream.open(socket, Date.now()),
      ),
    );
    this.#routes.route("/", orderRoutes(parts));
    this.#routes.route("/", referenceRoutes(parts));
    this.#routes.route("/", quoteRoutes(parts));
    this.#routes.notFound(() => paperError("NOT_FOUND", "there is no such path here"));
    this.#routes.onError((error) => {
      // The exchange answers as a broken broker would; what broke goes to the log only.
      log("error", "paper_broker.failed", { message: error.message });
      return paperError("INTERNAL", "the exchange failed");
    });
  }

  override async fetch(request: Request): Promise<Response> {
    // Between alarms nothing moves by itself: whoever asks finds the market of now.
    if (this.#timer === null) this.#market.beat(Date.now());
    const response = await this.#routes.fetch(request);
    if (this.#faults.isDirty) this.#saveFaults();
    this.#keepBeating();
    return response;
  }

  #accept(request: Request, refusal: string | null, open: (socket: WebSocket) => void): Response {
    if (request.headers.get("Upgrade") !== "websocket") {
      return paperError("BAD_REQUEST", "this path is a WebSocket");
    }
    if (refusal !== null) return paperError("NOT_ACCEPTED", refusal);
    const [client, server] = Object.values(new WebSocketPair());
    if (!client || !server) throw new Error("no socket pair");
    server.accept();
    open(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  /**
   * Timers drive the market while somebody is connected; alarms do when orders wait and nobody is,
   * and bring it back after an eviction. Whoever changes either calls this.
   */
  #keepBeating(): void {
    if ((this.#orders.isWorking || this.#market.replay.isPlaying) && !this.#isWatched) {
      this.#isWatched = true;
      const delayMs = this.#isIdle ? ALARM_BEAT_MS : WATCHDOG_INTERVAL_MS;
      void this.ctx.storage.setAlarm(Date.now() + delayMs);
    }
    if (this.#isIdle || this.#timer !== null) return;
    this.#timer = setTimeout(() => this.#beat(), this.#beatMs());
  }

  get #isIdle(): boolean {
    return this.#feed.isIdle && this.#stream.isIdle && this.#quotes.isIdle;
  }

  #beatMs(): number {
    if (!this.#feed.hasSubscriptions && this.#quotes.isIdle) return QUIET_BEAT_MS;
    return this.#market.ticksPerSecond > BUSY_TICKS_PER_SECOND ? BUSY_BEAT_MS : BEAT_MS;
  }

  #beat(): void {
    this.#timer = null;
    const now = Date.now();
    this.#market.beat(now);
    if (now - this.#lastHeartbeat >= PAPER_HEARTBEAT_MS) {
      this.#lastHeartbeat = now;
      this.#market.refresh(now);
      this.#feed.heartbeat(now);
      this.#stream.heartbeat(now);
      if (this.#faults.isDirty) this.#saveFaults();
    }
    this.#keepBeating();
  }

  #saveFaults(): void {
    this.#storage.saveFaults(this.#faults.all());
    this.#faults.isDirty = false;
  }

  /** At least once, so everything here may run twice. */
  override async alarm(): Promise<void> {
    this.#isWatched = false;
    if (this.#isIdle) this.#market.beat(Date.now());
    this.#keepBeating();
  }
}
