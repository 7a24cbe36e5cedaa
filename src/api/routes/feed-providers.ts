/** The ranked providers of each instrument's market data: which is the active one, and how it came to that. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { instrumentId, pageOf, pageQuery } from "../../contract/primitives.ts";
import { providersRequest, providerSwitchView, providersView } from "../../contract/providers.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

const params = z.object({ instrument: instrumentId });
const tags = ["Market data"];

export function feedProviderRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/instruments/{instrument}/providers",
      summary: "The providers of an instrument, best first, and the active one",
      description: "An id with a slash is written with %2F.",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(providersView), ...ERRORS },
    }),
    async (c) => {
      const { instrument } = c.req.valid("param");
      return c.json(orFail(await c.get("ports").marketManager.providers(instrument)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/instruments/{instrument}/providers",
      summary: "Rank an instrument's providers, or take its own order back with null",
      tags,
      ...gate("admin"),
      request: { params, body: body(providersRequest) },
      responses: { 200: answer(providersView), ...ERRORS },
    }),
    async (c) => {
      const { instrument } = c.req.valid("param");
      const { ranked } = c.req.valid("json");
      await auditAsked(c, "providers_rank", instrument, { ranked });
      const { marketManager } = c.get("ports");
      return c.json(orFail(await marketManager.rankProviders(instrument, ranked)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/feeds/providers",
      summary: "Every instrument that somebody gets now, with its providers",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(providersView)), ...ERRORS },
    }),
    async (c) => {
      const watched = await c.get("ports").marketManager.watchedProviders();
      return c.json(
        pageOfList(watched, c.req.valid("query"), ({ instrument }) => instrument),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/feeds/switches",
      summary: "Switches of provider, newest first, each with its cause",
      description:
        "`down` and `up` tell when the last provider of an instrument went, and came back.",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(providerSwitchView)), ...ERRORS },
    }),
    async (c) =>
      c.json(orFail(await c.get("ports").marketManager.switches(c.req.valid("query"))), 200),
  );
}
