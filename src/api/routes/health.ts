/** `GET /health`: open to all, reaches nothing, tells nothing but that the Worker runs. */
import { createRoute } from "@hono/zod-openapi";
import { healthView } from "../../contract/operations.ts";
import { VERSION } from "../../platform/deployment.ts";
import type { ApiApp } from "../context.ts";
import { answer } from "../route.ts";

export function healthRoutes(app: ApiApp): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/health",
      summary: "Whether the Worker runs",
      tags: ["Operations"],
      responses: { 200: answer(healthView) },
    }),
    (c) => c.json({ status: "ok" as const, version: VERSION, time: c.get("now")() }, 200),
  );
}
