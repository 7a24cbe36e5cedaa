/** Who asks: keys, Access tokens and the development key, each right, wrong and almost right. */
import { env } from "cloudflare:workers";
import type { JWTPayload } from "jose";
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { accessIssuer } from "../../src/api/access-token.ts";
import { keyText, parseKey } from "../../src/api/key.ts";
import { API_KEY_CACHE_MS, API_KEY_STALE_MS } from "../../src/domain/limits.ts";
import { apiKey, revokeApiKey } from "../../src/storage/api-keys.ts";
import { database } from "../../src/storage/database.ts";
import {
  type Call,
  DEVELOPMENT_KEY,
  errorOf,
  makeKey,
  played,
  playedPorts,
} from "../support/workers/api.ts";

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1_000;
const ACCESS = { ACCESS_TEAM_DOMAIN: "team", ACCESS_AUDIENCE: "the-audience" };
const GOOD = {
  iss: "https://team.cloudflareaccess.com",
  aud: ["the-audience"],
  email: "Ann@Example.com",
  iat: SECONDS - 60,
  exp: SECONDS + 60,
};

let ours: CryptoKeyPair;
let theirs: CryptoKeyPair;

beforeAll(async () => {
  ours = await generateKeyPair("RS256", { extractable: true });
  theirs = await generateKeyPair("RS256", { extractable: true });
});

const sign = (claims: JWTPayload, keys = ours) =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(keys.privateKey);

/** An app whose team signs with our key; it answers with who it thinks is asking. */
async function ask(token: string | null, settings: Partial<Env> = ACCESS, call: Call = {}) {
  const publicKey = { ...(await exportJWK(ours.publicKey)), kid: "k1", alg: "RS256" };
  const app = played(
    {},
    { accessKeys: () => createLocalJWKSet({ keys: [publicKey] }), now: () => NOW },
  );
  const headers = {
    ...(token === null ? {} : { "cf-access-jwt-assertion": token }),
    ...call.headers,
  };
  return app.call("GET", "/v1/profile", { ...call, headers, env: settings });
}

const unreachable = () => async () => Promise.reject(new errors.JWKSTimeout());

const local = (host: string, settings: Partial<Env> = {}, key = DEVELOPMENT_KEY) =>
  played().call("GET", "/v1/risk", { key, host, env: settings });

const make = (body: object) => played().call("POST", "/v1/keys", { key: DEVELOPMENT_KEY, body });

describe("a person", () => {
  test("with a right token is known by email, in small letters, and may do everything", async () => {
    const response = await ask(await sign(GOOD));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ email: "ann@example.com" });
  });

  test.each<[string, Partial<typeof GOOD> & Record<string, unknown>]>([
    ["of another issuer", { iss: "https://other.cloudflareaccess.com" }],
    ["for another audience", { aud: ["another"] }],
    ["without an audience", { aud: [] }],
    ["that has expired", { exp: SECONDS - 1 }],
    ["that is not valid yet", { nbf: SECONDS + 60 }],
    ["of a service, without an email", { email: undefined }],
    ["with something else for an email", { email: "not an email" }],
    ["that never expires", { exp: undefined }],
  ] as const)("with a token %s is refused", async (_, claims) => {
    const response = await ask(await sign({ ...GOOD, ...claims }));
    expect(response.status).toBe(401);
    expect((await errorOf(response)).code).toBe("UNAUTHENTICATED");
  });

  test("with a token signed by somebody else is refused", async () => {
    expect((await ask(await sign(GOOD, theirs))).status).toBe(401);
  });

  test("with a token that names no algorithm, or a shared secret, is refused", async () => {
    const claims = btoa(JSON.stringify(GOOD)).replaceAll("=", "");
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${claims}.`;
    const secret = new TextEncoder().encode("x".repeat(32));
    const shared = await new SignJWT(GOOD)
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(secret);
    for (const token of [none, shared, "", "a.b.c", "ü"])
      expect((await ask(token)).status).toBe(401);
  });

  test("is refused, and told why, while Access is not configured", async () => {
    for (const settings of [
      { ...ACCESS, ACCESS_AUDIENCE: "" },
      { ...ACCESS, ACCESS_TEAM_DOMAIN: "" },
    ]) {
      const response = await ask(await sign(GOOD), settings);
      expect(response.status).toBe(401);
      expect((await errorOf(response)).code).toBe("ACCESS_NOT_CONFIGURED");
    }
  });

  test("is told to try again when the team's keys cannot be fetched", async () => {
    const { call } = played({}, { accessKeys: unreachable, now: () => NOW });
    const headers = { "cf-access-jwt-assertion": await sign(GOOD) };
    const response = await call("GET", "/v1/profile", { headers, env: ACCESS });
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("UNAVAILABLE");
  });

  test("is not known by a cookie on a plain request: another site's form would carry it too", async () => {
    const headers = { cookie: `CF_Authorization=${await sign(GOOD)}` };
    expect((await ask(null, ACCESS, { headers })).status).toBe(401);
  });

  test("who also sends a key that is wrong is refused: one claim, one answer", async () => {
    expect((await ask(await sign(GOOD), ACCESS, { key: "tl_wrong" })).status).toBe(401);
  });

  test.each([
    ["team", "https://team.cloudflareaccess.com"],
    ["team.cloudflareaccess.com", "https://team.cloudflareaccess.com"],
    ["https://team.cloudflareaccess.com/", "https://team.cloudflareaccess.com"],
  ])("of the team domain %s has the issuer %s", (domain, issuer) => {
    expect(accessIssuer(domain)).toBe(issuer);
  });
});

describe("the development key", () => {
  test.each(["http://localhost:8787", "http://127.0.0.1", "http://[::1]:9000"])(
    "works at %s in development",
    async (host) => {
      expect((await local(host)).status).toBe(200);
    },
  );

  test.each([
    "https://trunkline.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.nip.io",
    "http://192.168.0.10:8787",
    "http://0.0.0.0:8787",
  ])("is refused at %s", async (host) => {
    expect((await local(host)).status).toBe(401);
  });

  test("is refused in production, without a hash, and when it is another", async () => {
    const here = "http://localhost:8787";
    expect((await local(here, { ENVIRONMENT: "production" })).status).toBe(401);
    expect((await local(here, { DEVELOPMENT_KEY_SHA256: "" })).status).toBe(401);
    expect((await local(here, {}, `${DEVELOPMENT_KEY}x`)).status).toBe(401);
  });
});

describe("an algo's key", () => {
  const book = database(env.DB);

  test("is refused when its secret, its id or its form is wrong", async () => {
    const key = await makeKey(["read"]);
    const other = parseKey(await makeKey(["read"]));
    const parts = parseKey(key);
    if (!parts || !other) throw new Error("a new key must parse");
    const wrong = [
      keyText({ ...parts, secret: other.secret }),
      keyText({ ...parts, id: "f".repeat(16) }),
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      "tl__",
      "undefined",
    ];
    const { call } = played();
    for (const text of wrong)
      expect((await call("GET", "/v1/risk", { key: text })).status).toBe(401);
    for (const authorization of ["", "Bearer", `Basic ${key}`, `Bearer ${key} ${key}`, key])
      expect((await call("GET", "/v1/risk", { headers: { authorization } })).status).toBe(401);
    expect((await call("GET", "/v1/risk", { key })).status).toBe(200);
  });

  test("is stored as a hash only", async () => {
    const parts = parseKey(await makeKey(["read"]));
    const row = await apiKey(book, parts?.id ?? "");
    expect(row?.secretSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(row)).not.toContain(parts?.secret);
  });

  test("that was revoked elsewhere dies within the cache's time, here at once", async () => {
    const clock = { now: NOW };
    const app = played({}, { now: () => clock.now });
    const status = async (key: string) => (await app.call("GET", "/v1/risk", { key })).status;
    const [elsewhere, here] = [await makeKey(["read"]), await makeKey(["read"])];
    expect([await status(elsewhere), await status(here)]).toEqual([200, 200]);

    await revokeApiKey(book, parseKey(elsewhere)?.id ?? "", "test", NOW);
    await app.call("DELETE", `/v1/keys/${parseKey(here)?.id}`, { key: DEVELOPMENT_KEY });
    expect([await status(elsewhere), await status(here)]).toEqual([200, 401]);
    clock.now += API_KEY_CACHE_MS;
    expect(await status(elsewhere)).toBe(401);
  });

  test("that was good still works while its database is down, an unknown one is not let in", async () => {
    const clock = { now: NOW };
    const state = { down: false };
    const gone = new Proxy(playedPorts().book, {
      get: () => () => {
        throw new Error("D1 is down");
      },
    });
    const app = played(
      {},
      {
        now: () => clock.now,
        ports: () => ({ ...playedPorts(), ...(state.down ? { book: gone } : {}) }),
      },
    );
    const [known, unknown] = [await makeKey(["read"]), await makeKey(["read"])];
    const status = async (key: string) => (await app.call("GET", "/v1/risk", { key })).status;
    expect(await status(known)).toBe(200);
    state.down = true;
    clock.now += API_KEY_STALE_MS - 1;
    expect([await status(known), await status(unknown)]).toEqual([200, 503]);
    clock.now += 1;
    expect(await status(known)).toBe(503);
  });

  test("for trading must name its algo, unless it is an admin's", async () => {
    const refused = await make({ name: "n", scopes: ["trade"] });
    expect((await errorOf(refused)).details?.issues?.[0]?.path).toBe("algoId");
    expect((await make({ name: "n", scopes: ["trade"], algoId: "momentum" })).status).toBe(201);
    expect((await make({ name: "n", scopes: ["trade", "admin"] })).status).toBe(201);
  });

  test("that was just made works", async () => {
    const body = { name: "n", scopes: ["read", "read"] };
    const made = await played().call("POST", "/v1/keys", { key: DEVELOPMENT_KEY, body });
    const { key, scopes } = await made.json<{ key: string; scopes: string[] }>();
    expect(scopes).toEqual(["read"]);
    expect((await played().call("GET", "/v1/risk", { key })).status).toBe(200);
  });
});
