/**
 * Another site's page must not act with this person's cookie. Browsers send `Origin` on every
 * state-changing request and on every WebSocket upgrade (which knows no CORS); whatever sends none is
 * no browser, and carries its own key.
 */
import { createMiddleware } from "hono/factory";
import { settings } from "../../platform/env.ts";
import type { ApiEnv } from "../context.ts";
import { fail } from "../error-handler.ts";
import { isUpgrade } from "../upgrade.ts";

const READING_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export const origin = createMiddleware<ApiEnv>(async (c, next) => {
  const given = c.req.header("origin");
  const harmless = READING_METHODS.has(c.req.method) && !isUpgrade(c.req.raw);
  if (given === undefined || harmless || originAllowed(given, c.req.url, settings(c.env)))
    return next();
  throw fail("ORIGIN_NOT_ALLOWED", "Pages of this origin may not call; see ALLOWED_ORIGINS.");
});

/** `allowedOrigins` holds hosts, or whole origins. "null" and anything that is no origin is refused. */
export function originAllowed(
  given: string,
  requestUrl: string,
  { allowedOrigins }: { allowedOrigins: readonly string[] },
): boolean {
  const url = URL.parse(given);
  if (!url || url.origin !== given) return false;
  return url.origin === new URL(requestUrl).origin || isListed(url, allowedOrigins);
}

const isListed = (url: URL, allowed: readonly string[]): boolean =>
  allowed.includes(url.host) || allowed.includes(url.origin);
