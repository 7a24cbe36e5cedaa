/** Headers of every answer: its request id, and that nothing may be sniffed, framed, cached or run. */
import { createMiddleware } from "hono/factory";
import type { ApiEnv } from "../context.ts";

export const responseHeaders = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  // A socket's 101 is handed on as it is.
  if (c.res.status === 101) return;
  const headers = c.res.headers;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (!headers.has("content-security-policy"))
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
});
