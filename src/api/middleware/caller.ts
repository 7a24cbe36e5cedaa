/**
 * Says who asks: an algo by its key, a person by Cloudflare Access, or the development key on this very
 * machine. A request that claims one and fails is refused; it is never tried as another.
 */
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { Caller } from "../../application/caller.ts";
import { SCOPES_OF_KEYS } from "../../contract/operations.ts";
import { settings, type Settings } from "../../platform/env.ts";
import { apiKey } from "../../storage/api-keys.ts";
import type { Database } from "../../storage/database.ts";
import { type AccessKeys, verifyAccessToken } from "../access-token.ts";
import type { ApiContext, ApiEnv } from "../context.ts";
import { fail } from "../error-handler.ts";
import { equalInConstantTime, type KeyParts, parseKey, sha256 } from "../key.ts";
import type { KeyCache } from "../key-cache.ts";
import { isUpgrade, keyOfSubprotocol } from "../upgrade.ts";

const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

export const caller = (keys: KeyCache, accessKeys: AccessKeys) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set("caller", await identify(c, keys, accessKeys));
    await next();
  });

async function identify(c: ApiContext, keys: KeyCache, accessKeys: AccessKeys): Promise<Caller> {
  const upgrade = isUpgrade(c.req.raw);
  const header = c.req.header("authorization");
  const key = header === undefined ? upgrade && keyOfSubprotocol(c.req.raw) : bearerOf(header);
  if (typeof key === "string") {
    const parts = parseKey(key);
    const found = parts
      ? await keyCaller(parts, keys, c.get("ports").book)
      : await developmentCaller(key, c.req.url, settings(c.env));
    // Unknown, wrong and revoked look the same from outside.
    if (!found) throw fail("UNAUTHENTICATED", "The key is not valid.");
    return found;
  }
  // A cookie rides along on any request, so it counts only where Origin is checked and headers are not free.
  const token =
    c.req.header("cf-access-jwt-assertion") ?? (upgrade && getCookie(c, "CF_Authorization"));
  if (token) return verifyAccessToken(token, settings(c.env), accessKeys, c.get("now")());
  throw fail("UNAUTHENTICATED", "Give a key: Authorization: Bearer tl_...");
}

function bearerOf(header: string): string {
  const [, key] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  if (key === undefined)
    throw fail("UNAUTHENTICATED", "The Authorization header must be: Bearer <key>.");
  return key;
}

/** Null for a key that is not there, wrong or revoked. */
async function keyCaller(
  { id, secret }: KeyParts,
  keys: KeyCache,
  book: Database,
): Promise<Caller | null> {
  const row = await keys.get(id, () => apiKey(book, id));
  const right = row && equalInConstantTime(await sha256(secret), row.secretSha256);
  if (!right || row.revokedAt !== null) return null;
  return { kind: "algo", id: row.id, algoId: row.algoId, scopes: row.scopes };
}

/** Null unless this is development, on this machine, and the key's hash is the configured one. */
export async function developmentCaller(
  key: string,
  requestUrl: string,
  { environment, developmentKeySha256 }: Settings,
): Promise<Caller | null> {
  if (environment !== "development" || developmentKeySha256 === null) return null;
  if (!LOCAL_HOSTS.has(new URL(requestUrl).hostname)) return null;
  if (!equalInConstantTime(await sha256(key), developmentKeySha256)) return null;
  return { kind: "development", id: "development", algoId: null, scopes: [...SCOPES_OF_KEYS] };
}
