/** The HTTP surface: one Hono app, its routes by resource. */
import { OpenAPIHono } from "@hono/zod-openapi";

export function createApp(): OpenAPIHono<{ Bindings: Env }> {
  const app = new OpenAPIHono<{ Bindings: Env }>();
  app.get("/health", (c) => c.json({ status: "ok" }));
  return app;
}
