/** The operator's switches of the paper exchange, and its view of itself. */
import { Hono } from "hono";
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import {
  faultRequest,
  handOrderRequest,
  marketRequest,
  replayRequest,
} from "../src/contract/paper.ts";
import type { PaperView, ReplayRequest } from "../src/contract/paper.ts";
import { ok } from "../src/domain/result.ts";
import type { Result } from "../src/domain/result.ts";
import { paperError, readBody } from "./paper-answers.ts";
import type { PaperStorage } from "./paper-broker.storage.ts";
import type { PaperFeed } from "./paper-feed.ts";
import type { PaperMarket } from "./paper-market.ts";
import type { PaperOrderStream } from "./paper-order-stream.ts";
import type { PaperOrders } from "./paper-orders.ts";
import type { PaperQuotes } from "./paper-quotes.ts";
import type { PaperSession } from "./paper-session.ts";

/** The parts of the exchange that its routes work on. */
export interface PaperParts {
  storage: PaperStorage;
  faults: FaultSwitches;
  orders: PaperOrders;
  stream: PaperOrderStream;
  feed: PaperFeed;
  market: PaperMarket;
  quotes: PaperQuotes;
  session: PaperSession;
}

export function controlRoutes(parts: PaperParts): Hono {
  const { storage, faults, orders, stream, feed, market, session } = parts;
  const routes = new Hono();
  const view = () => Response.json(paperView(parts));

  routes.get("/", view);

  routes.post("/market", async (c) => {
    const body = await readBody(c.req.raw, marketRequest);
    if (!body.ok) return body.error;
    const { ticksPerSecond, hours, seed, instrumentsPerConnection, sessionLifetimeMs } = body.value;
    if (sessionLifetimeMs !== undefined) session.lifetimeMs = sessionLifetimeMs;
    const now = Date.now();
    if (ticksPerSecond !== undefined) {
      market.ticksPerSecond = ticksPerSecond;
      storage.saveSetting("ticksPerSecond", ticksPerSecond);
    }
    if (instrumentsPerConnection !== undefined) {
      feed.instrumentsMax = instrumentsPerConnection;
      storage.saveSetting("instrumentsPerConnection", instrumentsPerConnection);
    }
    if (hours !== undefined) {
      orders.setHours(hours, now);
      storage.saveSetting("hours", hours);
      market.refresh(now);
    }
    if (seed !== undefined) {
      market.reseed(seed);
      storage.saveSetting("seed", seed);
    }
    return view();
  });

  routes.post("/request-tokens", () => {
    const handed = session.handOut(Date.now());
    return handed.ok ? Response.json(handed.value) : paperError("BAD_REQUEST", handed.error);
  });

  routes.post("/replay", async (c) => {
    const body = await readBody(c.req.raw, replayRequest);
    if (!body.ok) return body.error;
    const { op, ticks, fresh, speed } = body.value;
    const now = Date.now();
    // What is due by now is played first, at the old terms.
    market.beat(now);
    const done = replayed(market, op, { ticks, fresh, speed, now });
    if (!done.ok) return paperError("BAD_REQUEST", done.error);
    return view();
  });

  routes.post("/hand-orders", async (c) => {
    const body = await readBody(c.req.raw, handOrderRequest);
    if (!body.ok) return body.error;
    const now = Date.now();
    market.prepare(body.value.instrument, now);
    const placed = orders.byHand(body.value, now);
    return placed.ok ? view() : paperError(placed.error.code, placed.error.message);
  });

  routes.post("/faults", async (c) => {
    const body = await readBody(c.req.raw, faultRequest);
    if (!body.ok) return body.error;
    const request = body.value;
    faults.set(request);
    if (request.count === 0 && request.fault === "silent_feed") feed.endSilence();
    if (request.count === 0 && request.fault === "silent_order_stream") stream.endSilence();
    const now = Date.now();
    if (faults.strike("expire_session", () => true)) {
      session.expire(now);
      feed.endSessions(now);
      stream.endSessions(now);
    }
    feed.strikeConnections(now);
    stream.strikeConnections(now);
    return view();
  });

  return routes;
}

function replayed(
  market: PaperMarket,
  op: ReplayRequest["op"],
  request: Pick<ReplayRequest, "ticks" | "fresh" | "speed"> & { now: number },
): Result<null, string> {
  switch (op) {
    case "load":
      return market.loadReplay(request.ticks, request.fresh, request.now);
    case "start":
      return market.startReplay(request.speed, request.now);
    case "stop":
      market.leaveReplay(request.now);
      return ok(null);
  }
}

function paperView({
  storage,
  faults,
  orders,
  feed,
  market,
  quotes,
  session,
}: PaperParts): PaperView {
  return {
    ticksPerSecond: market.ticksPerSecond,
    hours: orders.hours,
    seed: market.seed,
    ...market.replay.view(),
    ...feed.view(),
    quotesAsked: quotes.asked,
    session: session.view(),
    ordersReceived: storage.received(),
    orders: storage.countOrders(),
    faults: faults.view(),
  };
}
