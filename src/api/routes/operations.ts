/** The platform's state, for people (`/v1/status`) and for Prometheus (`/metrics`). */
import { createRoute, z } from "@hono/zod-openapi";
import { statusView } from "../../contract/operations.ts";
import { candleStart } from "../../domain/candle.ts";
import { alertChannels } from "../../platform/alerts.ts";
import { settings } from "../../platform/env.ts";
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from "../../platform/metrics.ts";
import type { ApiApp } from "../context.ts";
import { platformMetrics } from "../platform-metrics.ts";
import { platformView } from "../platform-view.ts";
import { answer, ERRORS, type Gate } from "../route.ts";
import { probe } from "../probe.ts";
import { statusOf } from "../status.ts";
import { orderCounts } from "../../storage/order-counts.ts";

const tags = ["Operations"];

export function operationsRoutes(app: ApiApp, gate: Gate): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/v1/status",
      summary: "Every part of the platform and how it is",
      tags,
      ...gate("read"),
      responses: { 200: answer(statusView), ...ERRORS },
    }),
    async (c) => {
      const view = await platformView(c.get("ports"));
      const { states } = alertChannels(c.env);
      const { environment } = settings(c.env);
      return c.json(statusOf(view, states, environment, c.get("now")()), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      summary: "Metrics in Prometheus's text format",
      tags,
      ...gate("read"),
      responses: {
        200: { description: "OK", content: { "text/plain": { schema: z.string() } } },
        ...ERRORS,
      },
    }),
    async (c) => {
      const ports = c.get("ports");
      const day = candleStart(c.get("now")(), "1d");
      const [view, counts] = await Promise.all([
        platformView(ports),
        probe(() => orderCounts(ports.book, day)),
      ]);
      const text = prometheusText(platformMetrics(view, counts));
      return c.text(text, 200, { "content-type": PROMETHEUS_CONTENT_TYPE });
    },
  );
}
