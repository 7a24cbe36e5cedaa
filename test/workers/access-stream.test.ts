/** The stream's door: who gets a socket, from which page, and what the market is told of them. */
import { env } from "cloudflare:workers";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { CALLER_HEADER } from "../../src/application/caller.ts";
import { API_REQUESTS_BURST, API_REQUESTS_PER_SECOND } from "../../src/domain/limits.ts";
import { errorOf, makeKey, type Played, played } from "../support/workers/api.ts";

const keys = { read: "", trade: "" };

beforeAll(async () => {
  keys.read = await makeKey(["read"], "momentum");
  keys.trade = await makeKey(["trade"], "momentum");
});

/** A market that takes every socket and keeps what it was asked. */
function takingMarket() {
  const asked: Request[] = [];
  const market: Played["market"] = (request) => {
    asked.push(request);
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    return new Response(null, { status: 101, webSocket: client });
  };
  return { asked, market };
}

const UPGRADE = { upgrade: "websocket" };

describe("the stream", () => {
  test("hands a socket to the market with the caller that was verified, and nothing from outside", async () => {
    const { asked, market } = takingMarket();
    const forged = JSON.stringify({ kind: "person", id: "x", algoId: null, scopes: ["admin"] });
    const response = await played({ market }).call("GET", "/v1/stream?format=compact", {
      key: keys.read,
      headers: { ...UPGRADE, [CALLER_HEADER]: forged, cookie: "a=b", "x-other": "1" },
    });
    expect(response.status).toBe(101);
    expect(response.webSocket).not.toBeNull();
    const [request] = asked;
    expect(request?.url).toBe("https://object/stream?format=compact&socketsMax=250");
    expect(JSON.parse(request?.headers.get(CALLER_HEADER) ?? "")).toMatchObject({
      kind: "algo",
      algoId: "momentum",
      scopes: ["read"],
    });
    expect([...(request?.headers.keys() ?? [])].sort()).toEqual([CALLER_HEADER, "upgrade"].sort());
    response.webSocket?.accept();
    response.webSocket?.close();
  });

  test("takes a browser's key as its second subprotocol and answers with the first", async () => {
    const { market } = takingMarket();
    const headers = { ...UPGRADE, "sec-websocket-protocol": `trunkline.v1, bearer.${keys.read}` };
    const response = await played({ market }).call("GET", "/v1/stream", { headers });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("trunkline.v1");
  });

  test("selects no subprotocol that was not offered", async () => {
    const { market } = takingMarket();
    const { headers } = await played({ market }).call("GET", "/v1/stream", {
      key: keys.read,
      headers: UPGRADE,
    });
    expect(headers.get("sec-websocket-protocol")).toBeNull();
  });

  test("refuses a wrong key, no key, a key without the scope, and a key in the query", async () => {
    const { asked, market } = takingMarket();
    const { call } = played({ market });
    const wrong = { ...UPGRADE, "sec-websocket-protocol": "trunkline.v1, bearer.tl_x" };
    expect((await call("GET", "/v1/stream", { headers: wrong })).status).toBe(401);
    expect((await call("GET", "/v1/stream", { headers: UPGRADE })).status).toBe(401);
    const trade = await call("GET", "/v1/stream", { key: keys.trade, headers: UPGRADE });
    expect(trade.status).toBe(403);
    const query = await call("GET", `/v1/stream?key=${keys.read}`, { headers: UPGRADE });
    expect(query.status).toBe(401);
    expect(asked).toEqual([]);
  });

  test("a subprotocol's key counts on an upgrade only", async () => {
    const headers = { "sec-websocket-protocol": `trunkline.v1, bearer.${keys.read}` };
    expect((await played().call("GET", "/v1/risk", { headers })).status).toBe(401);
  });

  test("refuses a format that does not exist, and a request that is no upgrade", async () => {
    const { market } = takingMarket();
    const call = (path: string, headers = {}) =>
      played({ market }).call("GET", path, { key: keys.read, headers });
    expect((await errorOf(await call("/v1/stream?format=xml", UPGRADE))).code).toBe("BAD_REQUEST");
    expect((await errorOf(await call("/v1/stream"))).message).toContain("WebSocket");
  });

  test("says so when the market takes no socket", async () => {
    const call = played().call("GET", "/v1/stream", { key: keys.read, headers: UPGRADE });
    const response = await call;
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("UNAVAILABLE");
  });

  test("knows a person by the cookie of Access, and hands on an email in any script", async () => {
    const now = 1_800_000_000_000;
    const pair = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "RS256" };
    const claims = { email: "ann@example.com", exp: now / 1_000 + 60 };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setIssuer("https://team.cloudflareaccess.com")
      .setAudience("a")
      .sign(pair.privateKey);
    const { asked, market } = takingMarket();
    const accessKeys = () => createLocalJWKSet({ keys: [jwk] });
    const { call } = played({ market }, { accessKeys, now: () => now });
    const response = await call("GET", "/v1/stream", {
      headers: { ...UPGRADE, cookie: `CF_Authorization=${token}`, origin: "http://localhost:8787" },
      env: { ACCESS_TEAM_DOMAIN: "team", ACCESS_AUDIENCE: "a" },
    });
    expect(response.status).toBe(101);
    expect(JSON.parse(asked[0]?.headers.get(CALLER_HEADER) ?? "")).toMatchObject({
      kind: "person",
      id: "ann@example.com",
    });
  });
});

describe("a page's origin", () => {
  const allowed = { ALLOWED_ORIGINS: "dash.example.com, https://other.example.com" };
  const upgrade = async (origin: string) => {
    const { market } = takingMarket();
    const headers = { ...UPGRADE, origin };
    return (
      await played({ market }).call("GET", "/v1/stream", { key: keys.read, headers, env: allowed })
    ).status;
  };

  test.each([
    ["http://localhost:8787", 101],
    ["https://dash.example.com", 101],
    ["https://other.example.com", 101],
    ["http://other.example.com", 403],
    ["http://localhost:8788", 403],
    ["https://localhost:8787", 403],
    ["https://evil.example.com", 403],
    ["https://dash.example.com.evil.com", 403],
    ["http://localhost:8787/", 403],
    ["null", 403],
    ["dash.example.com", 403],
    ["", 403],
  ])("%j opening a stream answers %i", async (origin, status) => {
    expect(await upgrade(origin)).toBe(status);
  });

  test("must be allowed for every request that changes something, whoever's key it carries", async () => {
    const { call } = played();
    const body = { items: [] };
    const foreign = { origin: "https://evil.example.com" };
    const key = await makeKey(["admin"]);
    const put = await call("PUT", "/v1/watchlist", { key, body, headers: foreign });
    expect(put.status).toBe(403);
    expect((await errorOf(put)).code).toBe("ORIGIN_NOT_ALLOWED");
    const own = { origin: "http://localhost:8787" };
    expect((await call("PUT", "/v1/watchlist", { key, body, headers: own })).status).toBe(200);
    expect((await call("GET", "/v1/watchlist", { key, headers: foreign })).status).toBe(200);
  });
});

describe("a caller's rate", () => {
  test("is bounded, refills with time, and never stops a way out", async () => {
    const clock = { now: 1_000 };
    const { call } = played({}, { now: () => clock.now });
    const key = await makeKey(["read", "trade"], "momentum");
    const status = async (path = "/v1/orders/order-1", method = "GET") =>
      (await call(method, path, { key })).status;
    for (let n = 0; n < API_REQUESTS_BURST; n += 1) expect(await status()).toBe(200);
    const response = await call("GET", "/v1/orders", { key });
    expect(response.status).toBe(429);
    expect((await errorOf(response)).details?.limit).toBe(String(API_REQUESTS_PER_SECOND));
    expect(await status("/v1/orders/order-1", "DELETE")).toBe(200);
    const body = { scope: "algo:momentum", reason: "it runs wild" };
    expect((await call("POST", "/v1/kill-switch", { key, body })).status).toBe(200);
    // Another caller has its own rate.
    expect((await call("GET", "/v1/orders", { key: await makeKey(["read"]) })).status).toBe(200);
    clock.now += 10;
    for (let n = 0; n < 5; n += 1) expect(await status()).toBe(200);
    expect(await status()).toBe(429);
  });
});

test("no configuration lets nobody in", async () => {
  const bare = { ENVIRONMENT: "production", DEVELOPMENT_KEY_SHA256: "" } as const;
  const { app } = played();
  const headers = { authorization: "Bearer x", "cf-access-jwt-assertion": "x" };
  const response = await app.request("https://a.example/v1/risk", { headers }, { ...env, ...bare });
  expect(response.status).toBe(401);
});
