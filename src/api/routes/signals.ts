/** Signals between algos: the last value of each topic, and a way to publish one without a stream. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { publisherName } from "../../application/caller.ts";
import { pageOf, pageQuery } from "../../contract/primitives.ts";
import { signalRequest, signalTopic, signalView } from "../../contract/signals.ts";
import type { ApiApp } from "../context.ts";
import { orFail } from "../error-handler.ts";
import { answer, body, ERRORS, type Gate, pageOfList } from "../route.ts";

const tags = ["Signals"];

export function signalRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/signals",
      summary: "Every topic with its last value",
      tags,
      ...gate("read"),
      request: { query: pageQuery },
      responses: { 200: answer(pageOf(signalView)), ...ERRORS },
    }),
    async (c) => {
      const signals = await c.get("ports").marketManager.signals();
      return c.json(
        pageOfList(signals, c.req.valid("query"), ({ topic }) => topic),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/v1/signals/{topic}",
      summary: "Publish a value: the topic's last one, told to every subscriber",
      tags,
      ...gate("trade"),
      request: { params: z.object({ topic: signalTopic }), body: body(signalRequest) },
      responses: { 201: answer(signalView, "Published"), ...ERRORS },
    }),
    async (c) => {
      const { topic } = c.req.valid("param");
      const { value } = c.req.valid("json");
      const by = publisherName(c.get("caller"));
      const published = await c.get("ports").marketManager.publishSignal({ topic, value, by });
      return c.json(orFail(published), 201);
    },
  );
}
