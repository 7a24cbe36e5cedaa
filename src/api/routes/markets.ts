/** Markets: how full each is, how many sockets each takes, and how one is emptied. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { callerName } from "../../application/order-access.ts";
import { drainRequest, marketName, marketsRequest, marketView } from "../../contract/markets.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

const params = z.object({ market: marketName });
const tags = ["Markets"];

/** Markets by number: m2 before m10. */
const byNumber = ({ market }: { market: string }): string => market.slice(1).padStart(4, "0");

export function marketRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/markets",
      summary: "Every market with its sockets and how they read",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(marketView)), ...ERRORS },
    }),
    async (c) => {
      const views = await c.get("ports").marketManager.markets();
      return c.json(pageOfList(views, c.req.valid("query"), byNumber), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/markets",
      summary: "Set how many sockets a market takes; for new sockets only",
      tags,
      ...gate("admin"),
      request: { body: body(marketsRequest) },
      responses: { 200: answer(z.object({ items: z.array(marketView) })), ...ERRORS },
    }),
    async (c) => {
      const { socketsMax } = c.req.valid("json");
      await auditAsked(c, "markets_set", "markets", { socketsMax });
      return c.json({ items: await c.get("ports").marketManager.setSocketsMax(socketsMax) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/markets/{market}/drain",
      summary: "Empty a market: nothing new, its sockets are told and come back elsewhere",
      tags,
      ...gate("admin"),
      request: { params, body: body(drainRequest) },
      responses: { 200: answer(marketView), ...ERRORS },
    }),
    async (c) => {
      const { market } = c.req.valid("param");
      const plan = c.req.valid("json");
      await auditAsked(c, "market_drain", market, { close: plan.close }, plan.reason);
      const by = callerName(c.get("caller"));
      return c.json(orFail(await c.get("ports").marketManager.drain(market, { ...plan, by })), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/v1/markets/{market}/drain",
      summary: "Let a market take sockets again",
      tags,
      ...gate("admin"),
      request: { params },
      responses: { 200: answer(marketView), ...ERRORS },
    }),
    async (c) => {
      const { market } = c.req.valid("param");
      await auditAsked(c, "market_undrain", market, null);
      return c.json(orFail(await c.get("ports").marketManager.undrain(market)), 200);
    },
  );
}
