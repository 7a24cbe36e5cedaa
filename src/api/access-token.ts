/** People: the token that Cloudflare Access puts on every request it let through, verified here again. */
import type { JWTVerifyGetKey } from "jose";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";
import type { Caller } from "../application/caller.ts";
import { SCOPES_OF_KEYS } from "../contract/operations.ts";
import type { Settings } from "../platform/env.ts";
import { fail } from "./error-handler.ts";

/** Gives the signing keys of a team. Tests give their own. */
export type AccessKeys = (issuer: string) => JWTVerifyGetKey;

const remoteKeys = new Map<string, JWTVerifyGetKey>();

/** Fetched once per isolate and again when a token names a key that is not among them. */
export const remoteAccessKeys: AccessKeys = (issuer) => {
  const known = remoteKeys.get(issuer);
  if (known) return known;
  const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer));
  remoteKeys.set(issuer, keys);
  return keys;
};

/** `teamDomain` may be the team's name or its whole host. */
export function accessIssuer(teamDomain: string): string {
  const host = teamDomain.replace(/^https:\/\//, "").replace(/\/+$/, "");
  return `https://${host.includes(".") ? host : `${host}.cloudflareaccess.com`}`;
}

/** A person's token names an email; a service token's does not, and algos bring keys instead. */
const claims = z.object({ email: z.email().max(254) });

/** Every person that Access lets in may do everything, until roles exist. */
export async function verifyAccessToken(
  token: string,
  { access }: Pick<Settings, "access">,
  accessKeys: AccessKeys,
  now: number,
): Promise<Caller> {
  if (!access)
    throw fail(
      "ACCESS_NOT_CONFIGURED",
      "People cannot be recognised: ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE are not set.",
    );
  const issuer = accessIssuer(access.teamDomain);
  try {
    const { payload } = await jwtVerify(token, accessKeys(issuer), {
      issuer,
      audience: access.audience,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
      currentDate: new Date(now),
    });
    const { email } = claims.parse(payload);
    return { kind: "person", id: email.toLowerCase(), algoId: null, scopes: [...SCOPES_OF_KEYS] };
  } catch (error) {
    if (isUnreachable(error))
      throw fail("UNAVAILABLE", "Cloudflare Access cannot be asked for its keys; try again.");
    // Which part was wrong is of use only to whoever forges tokens.
    throw fail("UNAUTHENTICATED", "The Access token is not valid; sign in again.");
  }
}

/** The keys could not be fetched, which says nothing about the token. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof errors.JWKSTimeout ||
  error instanceof TypeError ||
  (error instanceof errors.JOSEError && error.code === "ERR_JOSE_GENERIC");
