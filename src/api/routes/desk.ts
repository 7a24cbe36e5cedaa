/** What people work with: the watchlist, the audit log and their own profile. */
import { createRoute } from "@hono/zod-openapi";
import { callerName } from "../../application/order-access.ts";
import {
  auditView,
  profileRequest,
  profileView,
  watchlistRequest,
  watchlistView,
} from "../../contract/operations.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import { auditPage } from "../../storage/audit.ts";
import { readWatchlist, replaceWatchlist } from "../../storage/watchlist.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { providers } from "../providers.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";

const tags = ["Desk"];

export function deskRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/audit",
      summary: "Who changed what, when and why, newest first",
      tags,
      ...gate("admin"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(auditView)), ...ERRORS },
    }),
    async (c) => c.json(orFail(await auditPage(c.get("ports").book, c.req.valid("query"))), 200),
  );

  watchlistRoutes(app, gate);
  profileRoutes(app, gate);
}

function watchlistRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/watchlist",
      summary: "The watchlist with its weights, in the operator's order",
      tags,
      ...gate("read"),
      responses: { 200: answer(watchlistView), ...ERRORS },
    }),
    async (c) => c.json(await readWatchlist(c.get("ports").book), 200),
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/watchlist",
      summary: "Replace the watchlist",
      tags,
      ...gate("admin"),
      request: { body: body(watchlistRequest) },
      responses: { 200: answer(watchlistView), ...ERRORS },
    }),
    async (c) => {
      const { items } = c.req.valid("json");
      // Only for its refusal of instruments that no broker knows.
      await providers(
        c.get("ports"),
        items.map(({ instrument }) => instrument),
      );
      const by = callerName(c.get("caller"));
      return c.json(await replaceWatchlist(c.get("ports").book, items, by, c.get("now")()), 200);
    },
  );
}

function profileRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/profile",
      summary: "The caller's own profile",
      tags,
      ...gate("read", ["person"]),
      responses: { 200: answer(profileView), ...ERRORS },
    }),
    async (c) => {
      const { id: email } = c.get("caller");
      return c.json({ email, ...(await c.get("ports").profile(email).read()) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/profile",
      summary: "Set the caller's own profile",
      tags,
      ...gate("read", ["person"]),
      request: { body: body(profileRequest) },
      responses: { 200: answer(profileView), ...ERRORS },
    }),
    async (c) => {
      const { id: email } = c.get("caller");
      const settings = await c.get("ports").profile(email).write(c.req.valid("json"));
      return c.json({ email, ...settings }, 200);
    },
  );
}
