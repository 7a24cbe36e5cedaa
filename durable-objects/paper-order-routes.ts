/** The exchange's order requests and look-ups, and what the order faults make of their answers. */
import { Hono } from "hono";
import type { FaultName, FaultSwitches, Strike } from "../src/brokers/paper/faults.ts";
import { PerSecond } from "../src/brokers/paper/per-second.ts";
import { PAPER_RULES } from "../src/brokers/paper/rules.ts";
import { changeOrderRequest, newOrderRequest } from "../src/brokers/paper/wire.ts";
import type { OrderRow } from "../src/brokers/paper/wire.ts";
import type { Result } from "../src/domain/result.ts";
import { hold, paperError, readBody } from "./paper-answers.ts";
import type { PaperParts } from "./paper-control.ts";
import type { OrderRefusal } from "./paper-orders.ts";
import { Together } from "./together.ts";

export function orderRoutes({ orders, market, faults, storage }: PaperParts): Hono {
  const routes = new Hono();
  const rate = new PerSecond(PAPER_RULES.ordersPerSecond);
  const together = new Together();

  for (const path of ["/orders/*", "/executions", "/positions", "/balances"])
    routes.get(path, async (_, next) => {
      if (faults.strike("fail_look_up", () => true)) return brokenAnswer();
      return next();
    });

  routes.post("/orders", async (c) => {
    const body = await readBody(c.req.raw, newOrderRequest);
    if (!body.ok) return body.error;
    const request = body.value;
    await together.turn();
    storage.countReceived();
    if (!rate.take(Date.now())) {
      const most = PAPER_RULES.ordersPerSecond;
      return paperError("RATE_LIMITED", `at most ${most} orders a second; nothing was booked`);
    }
    return withFaults(c.req.raw, faults, request.instrument, () => {
      const now = Date.now();
      market.prepare(request.instrument, now);
      const isRejected = faults.strike("reject_order", (id) => id === request.instrument) !== null;
      return orders.submit(request, now, isRejected ? "rejected by a fault switch" : null);
    });
  });

  routes.delete("/orders/:brokerOrderId", (c) => {
    const id = c.req.param("brokerOrderId");
    const instrument = orders.order(id)?.instrument ?? "";
    return withFaults(c.req.raw, faults, instrument, () => orders.cancel(id, Date.now()));
  });

  routes.patch("/orders/:brokerOrderId", async (c) => {
    const body = await readBody(c.req.raw, changeOrderRequest);
    if (!body.ok) return body.error;
    const id = c.req.param("brokerOrderId");
    const instrument = orders.order(id)?.instrument ?? "";
    return withFaults(c.req.raw, faults, instrument, () =>
      orders.modify(id, body.value, Date.now()),
    );
  });

  routes.get("/orders/open", (c) => {
    const after = wholeNumber(c.req.query("after"));
    if (after === null) return badNumber("after");
    return Response.json(orders.openOrders(after));
  });

  routes.get("/orders/closed", (c) => {
    const since = wholeNumber(c.req.query("since"));
    const after = wholeNumber(c.req.query("after"));
    if (since === null || after === null) return badNumber("since and after");
    return Response.json(orders.closedOrders(since, after));
  });

  routes.get("/executions", (c) => {
    const since = wholeNumber(c.req.query("since"));
    const after = wholeNumber(c.req.query("after"));
    if (since === null || after === null) return badNumber("since and after");
    return Response.json(storage.executions(since, after));
  });

  routes.get("/positions", () => Response.json(orders.positions()));
  routes.get("/balances", () => Response.json(orders.balances()));
  return routes;
}

/** A query value as a whole number; left out it is 0, and null when it is none. */
function wholeNumber(value: string | undefined): number | null {
  if (value === undefined) return 0;
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

const badNumber = (name: string): Response =>
  paperError("BAD_REQUEST", `${name} must be a whole number from 0`);

/**
 * Books through `act` unless a fault comes before it, and spoils the answer if one comes after it.
 * Whatever strikes after `act` leaves the order booked: that is the point of it.
 */
async function withFaults(
  request: Request,
  faults: FaultSwitches,
  instrument: string,
  act: () => Result<OrderRow, OrderRefusal>,
): Promise<Response> {
  const strike = (fault: FaultName): Strike | null =>
    faults.strike(fault, (id) => id === instrument);
  if (strike("refuse_not_accepted")) {
    return paperError("NOT_ACCEPTED", "the exchange is busy; nothing was booked, try again");
  }
  if (strike("error_5xx_before_accept")) return brokenAnswer();
  const before = strike("timeout_before_accept");
  if (before) {
    await hold(request, before.durationMs);
    return brokenAnswer();
  }
  const result = act();
  const after = strike("timeout_after_accept");
  if (after) {
    await hold(request, after.durationMs);
    return brokenAnswer();
  }
  if (strike("error_5xx_after_accept")) return brokenAnswer();
  if (strike("malformed_answer"))
    return new Response('{"order":{"brokerOrderId":', { status: 200 });
  return result.ok
    ? Response.json({ order: result.value })
    : paperError(result.error.code, result.error.message);
}

/** What a proxy in front of a broken broker says: no word on what became of the order. */
const brokenAnswer = (): Response => new Response("Bad Gateway", { status: 502 });
