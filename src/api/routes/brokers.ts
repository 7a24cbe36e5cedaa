/** Brokers: their shards and subscriptions, and how the operator changes both while they run. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  brokerView,
  feedRequest,
  subscriptionsRequest,
  subscriptionsView,
} from "../../contract/brokers.ts";
import { brokerId, pageOf, pageQuery } from "../../contract/primitives.ts";
import { FEED_BROKERS } from "../../platform/deployment.ts";
import type { ApiApp } from "../context.ts";
import { auditAsked } from "../audit.ts";
import { fail, orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

const params = z.object({ broker: brokerId });
const tags = ["Brokers"];

export function brokerRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/brokers",
      summary: "Every broker with its limits, shards and session",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(brokerView)), ...ERRORS },
    }),
    async (c) => {
      const views = await Promise.all(
        FEED_BROKERS.map((broker) => c.get("ports").brokerManager(broker).view()),
      );
      return c.json(
        pageOfList(views, c.req.valid("query"), (view) => view.broker),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/brokers/{broker}/feed",
      summary: "Set the number of shards; instruments move without a gap",
      tags,
      ...gate("admin"),
      request: { params, body: body(feedRequest) },
      responses: { 200: answer(brokerView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      const { shards } = c.req.valid("json");
      await auditAsked(c, "feed_set", broker, { shards });
      return c.json(orFail(await c.get("ports").brokerManager(broker).setShards(shards)), 200);
    },
  );

  for (const [method, change, summary] of [
    ["post", "pin", "Keep instruments subscribed, whatever algos want"],
    ["delete", "unpin", "Stop keeping instruments; algos that want them keep theirs"],
  ] as const)
    app.openapi(
      createRoute({
        method,
        path: "/v1/brokers/{broker}/subscriptions",
        summary,
        tags,
        ...gate("admin"),
        request: { params, body: body(subscriptionsRequest) },
        responses: { 200: answer(subscriptionsView), ...ERRORS },
      }),
      async (c) => {
        const broker = knownBroker(c.req.valid("param").broker);
        const { instruments } = c.req.valid("json");
        await auditAsked(c, `subscriptions_${change}`, broker, instruments);
        const manager = c.get("ports").brokerManager(broker);
        return c.json(orFail(await manager[change](instruments)), 200);
      },
    );
}

/** An object made for any name would live for ever: only brokers of this deployment are reached. */
function knownBroker(broker: string): string {
  const known: readonly string[] = FEED_BROKERS;
  if (known.includes(broker)) return broker;
  throw fail("UNKNOWN_BROKER", `There is no broker ${broker}; there is ${known.join(", ")}.`);
}
