/** What people lay down beside limits and the kill switch: sleep, pauses, blocks, trading states, trips, algos and the lease. */
import { createRoute } from "@hono/zod-openapi";
import { controlRisk } from "../../application/control-risk.ts";
import {
  algoRequest,
  type ControlCommand,
  leaseRequest,
  restrictionRequest,
  riskControlsView,
  tradingStateRequest,
  tripsRequest,
} from "../../contract/risk-controls.ts";
import type { ApiApp, ApiContext } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const tags = ["Risk"];
const responses = { 200: answer(riskControlsView), ...ERRORS };

const control = async (c: ApiContext, command: ControlCommand) =>
  orFail(await controlRisk(c.get("ports").orders, c.get("caller"), command));

export function riskControlRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk/controls",
      summary: "What sleeps, is paused or blocked, the trips, and the lease",
      tags,
      ...gate("read"),
      responses,
    }),
    async (c) => c.json(await c.get("ports").orders.ledger.controls(), 200),
  );

  restrictionRoutes(app, gate);

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/risk/trading-state",
      summary: "Let a scope only reduce, or trade again",
      description:
        "Leaving `halted` needs what a reset of the kill switch needs, and ends a flatten as that does. An account that is not there is refused.",
      tags,
      ...gate("admin"),
      request: { body: body(tradingStateRequest) },
      responses,
    }),
    async (c) => c.json(await control(c, { kind: "trading_state", ...c.req.valid("json") }), 200),
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/risk/trips",
      summary: "Switch trips on and off, and set their bounds",
      description: "What a change leaves out stays as it is.",
      tags,
      ...gate("admin"),
      request: { body: body(tripsRequest) },
      responses,
    }),
    async (c) => c.json(await control(c, { kind: "trips", request: c.req.valid("json") }), 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/algos",
      summary: "Register an algo that has no key of its own",
      tags,
      ...gate("admin"),
      request: { body: body(algoRequest) },
      responses,
    }),
    async (c) => c.json(await control(c, { kind: "register", ...c.req.valid("json") }), 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/lease/take",
      summary: "Give a region the right to trade, under a new epoch",
      description:
        "Every gateway is told before the answer; one that is silent for two seconds is told again, holds up nobody, and is named by its account in `lease.unconfirmed`, here and in `GET /v1/risk/controls`, until it has confirmed. What was approved under an older epoch never leaves, and the region that lost the lease is refused by name.",
      tags,
      ...gate("admin"),
      request: { body: body(leaseRequest) },
      responses,
    }),
    async (c) => c.json(await control(c, { kind: "take_lease", ...c.req.valid("json") }), 200),
  );
}

function restrictionRoutes(app: ApiApp, gate: Gate): void {
  const methods = [
    ["post", "restrict", "Put the portfolio to sleep, pause an algo, or block an instrument"],
    ["delete", "lift", "Wake the portfolio, resume an algo, or unblock an instrument"],
  ] as const;
  for (const [method, kind, summary] of methods)
    app.openapi(
      createRoute({
        method,
        path: "/v1/risk/restrictions",
        summary,
        description:
          "Scopes: portfolio sleeps, algo:<id> is paused, instrument:<id> is blocked. A sleeping portfolio takes only cancels; the other two let exits pass.",
        tags,
        ...gate("admin"),
        request: { body: body(restrictionRequest) },
        responses,
      }),
      async (c) => c.json(await control(c, { kind, ...c.req.valid("json") }), 200),
    );
}
