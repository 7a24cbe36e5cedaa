/** Risk: its state, its limits, its history, and the kill switch. */
import { createRoute } from "@hono/zod-openapi";
import { explainOrder } from "../../application/explore-ledger.ts";
import { haltTrading, resumeTrading } from "../../application/halt-trading.ts";
import { callerName } from "../../application/order-access.ts";
import { setLimits } from "../../application/set-limits.ts";
import { explainQuery, explainView } from "../../contract/explorer.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import {
  exposureView,
  haltRequest,
  killSwitchRequest,
  killSwitchView,
  limitsAnswer,
  limitsRequest,
  limitView,
  riskDayView,
  riskHistoryQuery,
  riskStatusView,
} from "../../contract/risk.ts";
import { riskHistoryPage } from "../../storage/risk-history.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

const tags = ["Risk"];

export function riskRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk",
      summary: "The portfolio's exposure, profit and trading states",
      tags,
      ...gate("read"),
      responses: { 200: answer(riskStatusView), ...ERRORS },
    }),
    async (c) => c.json(await c.get("ports").orders.ledger.status(), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk/exposure",
      summary: "Money at risk by algo and instrument, with the day's largest",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(exposureView)), ...ERRORS },
    }),
    async (c) => {
      const exposure = await c.get("ports").orders.ledger.exposure();
      const page = pageOfList(exposure, c.req.valid("query"), (row) =>
        [row.algoId, row.instrument].join("|"),
      );
      return c.json(page, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk/history",
      summary: "Each day's largest money at risk, newest day first",
      description: "`from` and `to` are days, both included.",
      tags,
      ...gate("read"),
      request: { query: riskHistoryQuery },
      responses: { 200: answer(pageOf(riskDayView)), ...ERRORS },
    }),
    async (c) =>
      c.json(orFail(await riskHistoryPage(c.get("ports").book, c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk/explain",
      summary: "What each risk check would say to an order, and with what margin",
      description:
        "Places and records nothing. Takes the fields of an order without its id; every check is listed in order, with what is left of each limit once the order is in it.",
      tags,
      ...gate("read"),
      request: { query: explainQuery },
      responses: { 200: answer(explainView), ...ERRORS },
    }),
    async (c) => {
      const { orders } = c.get("ports");
      const order = c.req.valid("query");
      return c.json(
        orFail(await explainOrder(orders, c.get("caller"), order, c.get("now")())),
        200,
      );
    },
  );

  limitRoutes(app, gate);
  killSwitchRoutes(app, gate);
}

function limitRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/risk/limits",
      summary: "Every limit that is set; at each order the tightest wins",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(limitView)), ...ERRORS },
    }),
    async (c) => {
      const limits = await c.get("ports").orders.ledger.limits();
      const page = pageOfList(
        limits,
        c.req.valid("query"),
        ({ scope, name }) => `${scope}|${name}`,
      );
      return c.json(page, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/risk/limits",
      summary: "Set limits, or take them off with null",
      description:
        "A limit below the present exposure holds for new risk at once; `above` lists where. A scope that nobody knows is refused, and with it all changes of the request: an account that is not there, an algo without key and registration, an instrument of no broker. What is set can be taken off all the same.",
      tags,
      ...gate("admin"),
      request: { body: body(limitsRequest) },
      responses: { 200: answer(limitsAnswer), ...ERRORS },
    }),
    async (c) => {
      const by = callerName(c.get("caller"));
      const changed = await setLimits(c.get("ports").orders, c.req.valid("json"), by);
      return c.json(limitsAnswer.parse(orFail(changed)), 200);
    },
  );
}

function killSwitchRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/kill-switch",
      summary: "Halt trading under a scope and cancel its open orders",
      description:
        "Scopes: portfolio, account:<id>, algo:<id>, instrument:<id>. Twice is harmless. An account that is not there is refused; an algo or an instrument may be halted before it is first heard of. A key may halt its own algo; the rest needs the scope admin.",
      tags,
      ...gate("trade", undefined, "way_out"),
      request: { body: body(haltRequest) },
      responses: { 200: answer(killSwitchView), ...ERRORS },
    }),
    async (c) => {
      const { scope, reason, flatten } = c.req.valid("json");
      const { orders } = c.get("ports");
      const caller = c.get("caller");
      const halted = await haltTrading(orders, caller, scope, reason, Date.now(), flatten);
      return c.json(orFail(halted), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/kill-switch/reset",
      summary: "Let trading under a scope go on; algos stay as they are",
      description:
        "A flatten that is under way ends with the halt: what of it has not left is canceled, and positions stay as they are.",
      tags,
      ...gate("admin"),
      request: { body: body(killSwitchRequest) },
      responses: { 200: answer(killSwitchView), ...ERRORS },
    }),
    async (c) => {
      const { scope, reason } = c.req.valid("json");
      const { orders } = c.get("ports");
      return c.json(orFail(await resumeTrading(orders, c.get("caller"), scope, reason)), 200);
    },
  );
}
