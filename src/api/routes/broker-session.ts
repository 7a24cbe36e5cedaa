/** A broker's session: how it stands, and the one way in which a person signs in anew. No secret ever leaves here. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { sessionRequest, sessionView } from "../../contract/brokers.ts";
import { brokerId } from "../../contract/primitives.ts";
import { auditAsked } from "../audit.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate } from "../route.ts";
import { knownBroker } from "./brokers.ts";

const params = z.object({ broker: brokerId });
const tags = ["Brokers"];
const path = "/v1/brokers/{broker}/session";

export function brokerSessionRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path,
      summary: "How the session at a broker stands, and until when",
      tags,
      ...gate("read"),
      request: { params },
      responses: { 200: answer(sessionView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      return c.json((await c.get("ports").brokerManager(broker).view()).session, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path,
      summary:
        "Sign in anew: with a request token, with another credential, or with the stored one again",
      tags,
      ...gate("admin"),
      request: { params, body: body(sessionRequest) },
      responses: { 200: answer(sessionView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      const proof = c.req.valid("json");
      // What was brought, never its text.
      const brought = Object.keys(proof).join() || "nothing: the stored credential again";
      await auditAsked(c, "session_renew", broker, { brought });
      return c.json(orFail(await c.get("ports").brokerManager(broker).renewSession(proof)), 200);
    },
  );
}
