/** Brokers: their shards and subscriptions, and how the operator changes both while they run. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  brokerView,
  drainRequest,
  feedRequest,
  SHARDS_MAX,
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
const shardParams = params.extend({ shard: z.coerce.number().int().min(1).max(SHARDS_MAX) });
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
      summary: "Set the number of shards and how busy instruments are; they move without a gap",
      tags,
      ...gate("admin"),
      request: { params, body: body(feedRequest) },
      responses: { 200: answer(brokerView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      const { shards, weights } = c.req.valid("json");
      await auditAsked(c, "feed_set", broker, { shards, ...(weights && { weights }) });
      const manager = c.get("ports").brokerManager(broker);
      return c.json(orFail(await manager.setFeed(shards, weights)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/brokers/{broker}/drain",
      summary: "Let a broker take nothing new and close after hours, or now; or let it take again",
      tags,
      ...gate("admin"),
      request: { params, body: body(drainRequest) },
      responses: { 200: answer(brokerView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      const { draining, when } = c.req.valid("json");
      await auditAsked(c, "broker_drain", broker, { draining, when });
      const manager = c.get("ports").brokerManager(broker);
      return c.json(orFail(await manager.drain(draining ? when : null)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "put",
      path: "/v1/brokers/{broker}/shards/{shard}/drain",
      summary: "Let a shard take nothing new and move what it has after hours, or now",
      tags,
      ...gate("admin"),
      request: { params: shardParams, body: body(drainRequest) },
      responses: { 200: answer(brokerView), ...ERRORS },
    }),
    async (c) => {
      const { shard } = c.req.valid("param");
      const broker = knownBroker(c.req.valid("param").broker);
      const { draining, when } = c.req.valid("json");
      await auditAsked(c, "shard_drain", broker, { shard, draining, when });
      const manager = c.get("ports").brokerManager(broker);
      return c.json(orFail(await manager.drainShard(shard, draining ? when : null)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/v1/brokers/{broker}/limits",
      summary: "Forget the limits that a broker's refusals taught",
      tags,
      ...gate("admin"),
      request: { params },
      responses: { 200: answer(brokerView), ...ERRORS },
    }),
    async (c) => {
      const broker = knownBroker(c.req.valid("param").broker);
      await auditAsked(c, "limits_forget", broker, {});
      return c.json(await c.get("ports").brokerManager(broker).forgetLimits(), 200);
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
export function knownBroker(broker: string): string {
  const known: readonly string[] = FEED_BROKERS;
  if (known.includes(broker)) return broker;
  throw fail("UNKNOWN_BROKER", `There is no broker ${broker}; there is ${known.join(", ")}.`);
}
