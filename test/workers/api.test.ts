/** Every route of the API: who may call it, what it answers, and what every refusal looks like. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { errorBody } from "../../src/contract/errors.ts";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { REQUEST_BODY_BYTES_MAX } from "../../src/domain/limits.ts";
import type { Refusal } from "../../src/domain/risk/refusal.ts";
import { auditPage } from "../../src/storage/audit.ts";
import { database } from "../../src/storage/database.ts";
import {
  BROKER,
  DEVELOPMENT_KEY,
  INSTRUMENT,
  makeKey,
  ORDER,
  played,
  RISK,
} from "../support/workers/api.ts";

interface Route {
  scope: "read" | "trade" | "admin";
  /** Only people and the development key. */
  people?: true;
  body?: unknown;
  path?: string;
  status?: number;
}

const INTENT = {
  clientOrderId: "order-9",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: 10,
  limitPrice: "1500.05",
};

const REASON = "a test needs it";

/** The whole surface. A route that is not here fails the test below. */
const ROUTES: Record<string, Route> = {
  "GET /v1/status": { scope: "read" },
  "GET /metrics": { scope: "read" },
  "GET /v1/instruments": { scope: "read" },
  "GET /v1/quotes": { scope: "read", path: "/v1/quotes?instruments=NSE:INFY" },
  "GET /v1/candles": {
    scope: "read",
    path: "/v1/candles?instrument=NSE:INFY&interval=1m&from=0&to=60000",
  },
  // The one WebSocket: asked without an upgrade it says so.
  "GET /v1/stream": { scope: "read", status: 400 },
  "GET /v1/brokers": { scope: "read" },
  "PUT /v1/brokers/{broker}/feed": {
    scope: "admin",
    path: "/v1/brokers/paper/feed",
    body: { shards: 2 },
  },
  "POST /v1/brokers/{broker}/subscriptions": {
    scope: "admin",
    path: "/v1/brokers/paper/subscriptions",
    body: { instruments: ["NSE:INFY"] },
  },
  "DELETE /v1/brokers/{broker}/subscriptions": {
    scope: "admin",
    path: "/v1/brokers/paper/subscriptions",
    body: { instruments: ["NSE:INFY"] },
  },
  "POST /v1/orders": { scope: "trade", body: INTENT, status: 201 },
  "GET /v1/orders": { scope: "read" },
  "GET /v1/orders/{clientOrderId}": { scope: "read", path: "/v1/orders/order-1" },
  "PATCH /v1/orders/{clientOrderId}": {
    scope: "trade",
    path: "/v1/orders/order-1",
    body: { quantity: 5 },
  },
  "DELETE /v1/orders/{clientOrderId}": { scope: "trade", path: "/v1/orders/order-1" },
  "GET /v1/trades": { scope: "read" },
  "GET /v1/positions": { scope: "read" },
  "GET /v1/balances": { scope: "read" },
  "GET /v1/risk": { scope: "read" },
  "GET /v1/risk/exposure": { scope: "read" },
  "GET /v1/risk/history": { scope: "read" },
  "GET /v1/risk/limits": { scope: "read" },
  "PUT /v1/risk/limits": {
    scope: "admin",
    body: { changes: [{ scope: "portfolio", name: "drawdown", value: "5" }], reason: REASON },
  },
  "POST /v1/kill-switch": { scope: "trade", body: { scope: "algo:momentum", reason: REASON } },
  "POST /v1/kill-switch/reset": { scope: "admin", body: { scope: "portfolio", reason: REASON } },
  "GET /v1/dead-letters": { scope: "read" },
  "GET /v1/audit": { scope: "admin" },
  "GET /v1/watchlist": { scope: "read" },
  "PUT /v1/watchlist": { scope: "admin", body: { items: [{ instrument: "NSE:INFY" }] } },
  "GET /v1/profile": { scope: "read", people: true },
  "PUT /v1/profile": {
    scope: "read",
    people: true,
    body: { displayName: "Ann", theme: "dark", shortcuts: [] },
  },
  "GET /v1/keys": { scope: "admin" },
  "POST /v1/keys": { scope: "admin", body: { name: "k", scopes: ["read"] }, status: 201 },
  "DELETE /v1/keys/{id}": { scope: "admin", path: "/v1/keys/0000000000000000", status: 404 },
  "GET /v1/paper": { scope: "admin" },
  "POST /v1/paper/market": { scope: "admin", body: { ticksPerSecond: 5 } },
  "POST /v1/paper/faults": { scope: "admin", body: { fault: "delay" } },
  "POST /v1/paper/replay": { scope: "admin", body: { op: "stop" } },
};

const OPEN = ["GET /health", "GET /v1/openapi.json", "GET /v1/docs"];

const rows = Object.entries(ROUTES).map(([name, route]) => {
  const [method = "", template = ""] = name.split(" ");
  return { name, method, path: route.path ?? template, ...route };
});

const keys: Record<string, string> = {};

beforeAll(async () => {
  for (const scope of SCOPES_OF_KEYS) keys[scope] = await makeKey([scope], "momentum");
  keys["all"] = await makeKey([...SCOPES_OF_KEYS]);
});

/** The error of a refusal, after checking that it has the one shape and no more. */
async function errorOf(response: Response) {
  expect(response.headers.get("content-type")).toContain("application/json");
  const { error } = errorBody.strict().parse(await response.json());
  expect(error.requestId).toBe(response.headers.get("x-request-id"));
  return error;
}

describe("who may call a route", () => {
  test("every route is in the table, and every one in the table is a route", () => {
    const { app } = played();
    const documented = Object.entries(
      app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "t", version: "1" } }).paths ??
        {},
    ).flatMap(([path, item]) => Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path}`));
    const registered = app.routes
      .filter((route) => route.method !== "ALL")
      .map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const table = [...Object.keys(ROUTES), ...OPEN].sort();
    expect(documented.sort()).toEqual(table);
    expect([...new Set(registered)].sort()).toEqual(table);
  });

  test.each(OPEN)("%s is open", async (name) => {
    const [method = "", path = ""] = name.split(" ");
    expect((await played().call(method, path)).status).toBe(200);
  });

  test.each(rows)("$name is refused without a key", async ({ method, path, body }) => {
    const response = await played().call(method, path, { body });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).code).toBe("UNAUTHENTICATED");
  });

  test.each(rows)("$name is refused to a key without the scope", async (row) => {
    const { method, path, body, scope } = row;
    for (const other of ["read", "trade", "host"].filter((name) => name !== scope)) {
      const response = await played().call(method, path, { body, key: keys[other] ?? "" });
      expect(response.status, other).toBe(403);
      expect((await errorOf(response)).code).toBe("FORBIDDEN");
    }
  });

  test.each(rows)("$name is refused before its input is looked at", async ({ method, path }) => {
    const wrong = { body: "{not json", key: keys["host"] ?? "" };
    const response = await played().call(
      method,
      path,
      method === "GET" ? { key: wrong.key } : wrong,
    );
    expect(response.status).toBe(403);
  });

  test.each(rows)("$name answers a key with the scope", async (row) => {
    const { method, path, body, scope, status = 200, people } = row;
    const response = await played().call(method, path, { body, key: keys[scope] ?? "" });
    const wanted = people || row.name.endsWith("/reset") ? 403 : status;
    expect(response.status, await response.clone().text()).toBe(wanted);
  });

  test.each(rows)("$name answers the development key on this machine", async (row) => {
    const { method, path, status = 200 } = row;
    // Bound to no algo, so it has to name one.
    const body = row.name === "POST /v1/orders" ? { ...INTENT, algoId: "momentum" } : row.body;
    const response = await played().call(method, path, { body, key: DEVELOPMENT_KEY });
    expect(response.status, await response.clone().text()).toBe(status);
  });

  test("only a key that is bound to no algo resets the kill switch", async () => {
    const body = { scope: "portfolio", reason: REASON };
    const call = (key: string) => played().call("POST", "/v1/kill-switch/reset", { body, key });
    expect((await call(keys["admin"] ?? "")).status).toBe(403);
    expect((await call(keys["all"] ?? "")).status).toBe(200);
  });

  test("a trading key halts its own algo and nothing else", async () => {
    const halt = async (scope: string) =>
      played().call("POST", "/v1/kill-switch", {
        body: { scope, reason: REASON },
        key: keys["trade"] ?? "",
      });
    expect((await halt("algo:momentum")).status).toBe(200);
    expect((await halt("algo:other")).status).toBe(403);
    expect((await halt("portfolio")).status).toBe(403);
  });
});

describe("every refusal has the one shape", () => {
  const admin = () => ({ key: keys["all"] ?? "" });

  test.each([
    ["an unknown path", "GET", "/v1/nothing", undefined, 404, "NOT_FOUND"],
    ["an unknown path outside v1", "POST", "/health/x", "{}", 404, "NOT_FOUND"],
    ["a wrong method", "PUT", "/v1/orders", "{}", 405, "METHOD_NOT_ALLOWED"],
    [
      "a wrong method on a path with a parameter",
      "POST",
      "/v1/orders/x",
      "{}",
      405,
      "METHOD_NOT_ALLOWED",
    ],
    ["broken JSON", "POST", "/v1/orders", "{", 400, "BAD_REQUEST"],
    ["no body", "POST", "/v1/orders", undefined, 400, "BAD_REQUEST"],
    ["a body that is no object", "POST", "/v1/orders", "[]", 400, "BAD_REQUEST"],
    ["an unknown order", "GET", "/v1/orders/nope", undefined, 404, "UNKNOWN_ORDER"],
    ["an id that cannot be", "GET", "/v1/orders/no%20pe", undefined, 400, "BAD_REQUEST"],
    ["an id that does not decode", "GET", "/v1/orders/%FF", undefined, 400, "BAD_REQUEST"],
    ["an unknown broker", "PUT", "/v1/brokers/nope/feed", '{"shards":1}', 404, "UNKNOWN_BROKER"],
    [
      "an unknown instrument",
      "GET",
      "/v1/quotes?instruments=NSE:NOPE",
      undefined,
      400,
      "UNKNOWN_INSTRUMENT",
    ],
    [
      "an account that is not paper",
      "GET",
      "/v1/paper?account=real",
      undefined,
      400,
      "BAD_REQUEST",
    ],
    ["an unknown query name", "GET", "/v1/orders?stat=new", undefined, 400, "BAD_REQUEST"],
    ["a cursor of another list", "GET", "/v1/trades?cursor=abc", undefined, 400, "BAD_REQUEST"],
    ["a repeated query name", "GET", "/v1/orders?limit=1&limit=2", undefined, 400, "BAD_REQUEST"],
  ] as const)("%s", async (_, method, path, body, status, code) => {
    const response = await played().call(method, path, { ...admin(), body });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).code).toBe(code);
  });

  test("a wrong method says which ones there are", async () => {
    const response = await played().call("PUT", "/v1/orders", admin());
    expect(response.headers.get("allow")).toBe("POST, GET, HEAD");
  });

  test("a wrong field is named with its path and what would be right", async () => {
    const body = { ...INTENT, quantity: "1e3", limitPrice: undefined, surplus: 1 };
    const response = await played().call("POST", "/v1/orders", { ...admin(), body });
    const { code, details } = await errorOf(response);
    expect(code).toBe("BAD_REQUEST");
    const paths = details?.issues?.map((issue) => issue.path);
    expect(paths).toEqual(expect.arrayContaining(["quantity", "body"]));
  });

  test("a body of another content type is refused, not read as empty", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "content-type": type };
      const body = JSON.stringify(INTENT);
      const response = await played().call("POST", "/v1/orders", { ...admin(), body, headers });
      expect(response.status).toBe(400);
      expect((await errorOf(response)).message).toContain("content-type");
    }
  });

  test("a body at the limit is read, one byte more is refused", async () => {
    const at = (bytes: number) => JSON.stringify({ pad: "x".repeat(bytes - '{"pad":""}'.length) });
    const send = (bytes: number) =>
      played().call("POST", "/v1/orders", { ...admin(), body: at(bytes) });
    expect((await send(REQUEST_BODY_BYTES_MAX)).status).toBe(400);
    const response = await send(REQUEST_BODY_BYTES_MAX + 1);
    expect(response.status).toBe(413);
    expect((await errorOf(response)).code).toBe("BODY_TOO_LARGE");
  });

  test("a bug is logged with its request id and tells the client nothing", async () => {
    const secret = "a secret of the inside";
    const status = async () => Promise.reject(new Error(secret));
    const { call, logged } = played({ ledger: { status } });
    const headers = { "x-request-id": "quoted-by-a-person" };
    const response = await call("GET", "/v1/risk", { ...admin(), headers });
    expect(response.status).toBe(500);
    const text = await response.clone().text();
    expect((await errorOf(response)).code).toBe("INTERNAL");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(".ts");
    expect(logged).toMatchObject([{ level: "error", facts: { requestId: "quoted-by-a-person" } }]);
  });

  test("a request id that could break a log line is replaced", async () => {
    const headers = { "x-request-id": "a b" };
    const id = (await played().call("GET", "/health", { headers })).headers.get("x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("nothing may be sniffed, framed, run or cached", async () => {
    const { headers } = await played().call("GET", "/v1/risk", admin());
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });
});

describe("orders", () => {
  const send = async (objects: Parameters<typeof played>[0], body: unknown = INTENT) =>
    played(objects).call("POST", "/v1/orders", { key: keys["trade"] ?? "", body });

  test.each(["pending_new", "new", "unknown", "rejected"] as const)(
    "one that the ledger approved answers 201, also when it is %s",
    async (state) => {
      const submit = async () => ({ outcome: "accepted" as const, order: { ...ORDER, state } });
      const response = await send({ gateway: { submit } });
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ state, quantity: "10" });
    },
  );

  test("one that was seen before answers 200 and sends nothing", async () => {
    const reserve = async () => ({ kind: "existing" as const, order: ORDER });
    const submit = async () => Promise.reject(new Error("sent twice"));
    expect((await send({ ledger: { reserve }, gateway: { submit } })).status).toBe(200);
  });

  test.each([
    ["MONEY_AT_RISK_ALGO", 422],
    ["KILL_SWITCH", 422],
    ["DUPLICATE_INTENT", 409],
  ] as const)("a denied one answers %s with its facts as %i", async (code, status) => {
    const facts = { scope: "algo:momentum", limit: "100", asked: "150", have: "20" };
    const refusal: Refusal = { code, message: "too much", ...facts };
    const reserve = async () => ({ kind: "denied" as const, order: null, refusal });
    const response = await send({ ledger: { reserve } });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ code, details: facts });
  });

  test.each([
    Number.NaN,
    null,
    -1,
    0,
    "0",
    "-1",
    "1e3",
    1e21,
    1e-9,
    "NaN",
    "Infinity",
    "0x10",
    "",
    " 1",
    "01",
    "1.",
    ".5",
    "+1",
    "1,000",
    "1".repeat(19),
    "0.".padEnd(21, "1"),
    true,
    {},
    [1],
  ])("a quantity of %j is refused by its path", async (quantity) => {
    const response = await send({}, { ...INTENT, quantity });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).details?.issues?.[0]?.path).toBe("quantity");
  });

  test.each([
    ["10", "10"],
    [10, "10"],
    ["10.50", "10.5"],
    [0.1, "0.1"],
    ["0.000000000000000001", "0.000000000000000001"],
    ["1".repeat(18), "1".repeat(18)],
  ])("a quantity of %j reaches the ledger as %s exactly", async (quantity, exact) => {
    const response = await send({}, { ...INTENT, quantity });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ quantity: exact });
  });

  test("a key trades for its own algo only", async () => {
    expect((await send({}, { ...INTENT, algoId: "other" })).status).toBe(403);
    expect((await send({}, { ...INTENT, algoId: "momentum" })).status).toBe(201);
  });

  test("another algo's order is absent to a key that would cancel it", async () => {
    const order = async () => ({ ...ORDER, algoId: "other" });
    const { call } = played({ ledger: { order } });
    const response = await call("DELETE", "/v1/orders/order-1", { key: keys["trade"] ?? "" });
    expect(response.status).toBe(404);
  });
});

describe("lists", () => {
  const all = { key: "" };
  beforeAll(() => {
    all.key = keys["all"] ?? "";
  });

  test("instruments come in pages, each once, and are found by id or name", async () => {
    const instruments = async () =>
      Array.from({ length: 7 }, (_, n) => ({ ...INSTRUMENT, id: `NSE:S${n}`, name: `Stock ${n}` }));
    const { call } = played({ manager: { instruments } });
    const seen: string[] = [];
    for (let cursor = ""; ;) {
      const path = `/v1/instruments?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: { items: { id: string }[]; nextCursor: string | null } = await (
        await call("GET", path, all)
      ).json();
      seen.push(...page.items.map((item) => item.id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => `NSE:S${n}`));
    const found = await call("GET", "/v1/instruments?search=stock%203", all);
    expect(await found.json()).toMatchObject({ items: [{ id: "NSE:S3" }] });
    const none = await call("GET", "/v1/instruments?exchange=NYSE", all);
    expect(await none.json()).toEqual({ items: [], nextCursor: null });
  });

  test.each(["0", "501", "-1", "1.5", "", "ten", "1e2"])(
    "a limit of %j is refused",
    async (limit) => {
      expect((await played().call("GET", `/v1/trades?limit=${limit}`, all)).status).toBe(400);
    },
  );

  test("a quote nobody has seen yet is missing, not zero", async () => {
    const response = await played().call("GET", "/v1/quotes?instruments=NSE:INFY", all);
    expect(await response.json()).toEqual({ items: [], missing: ["NSE:INFY"] });
  });

  test("a span of too many candles is refused with the limit", async () => {
    const path = "/v1/candles?instrument=NSE:INFY&interval=1s&from=0";
    expect((await played().call("GET", `${path}&to=5000000`, all)).status).toBe(200);
    const response = await played().call("GET", `${path}&to=5000001`, all);
    expect((await errorOf(response)).details).toMatchObject({ limit: "5000", asked: "5001" });
  });

  test("balances of which one account failed are an error, not fewer", async () => {
    const balances = async () => ({ ok: false as const, error: "timeout" });
    const response = await played({ gateway: { balances } }).call("GET", "/v1/balances", all);
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("BROKER_UNAVAILABLE");
  });
});

describe("operations", () => {
  const all = { key: "" };
  beforeAll(() => {
    all.key = keys["all"] ?? "";
  });

  test("the status is as bad as its worst part, and a part that fails is named", async () => {
    const fine = await (await played().call("GET", "/v1/status", all)).json();
    expect(fine).toMatchObject({ state: "ok", feed: { instruments: 1, sockets: 2 } });
    const status = async () => Promise.reject(new Error("gone"));
    const broken = await played({ ledger: { status } }).call("GET", "/v1/status", all);
    expect(broken.status).toBe(200);
    const { state, components } = await broken.json<{ state: string; components: unknown[] }>();
    expect(state).toBe("down");
    expect(components).toContainEqual({ name: "ledger", state: "down", message: "Error: gone" });
  });

  test("the metrics are Prometheus text and leave out what nobody could tell", async () => {
    const response = await played().call("GET", "/metrics", all);
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
    const text = await response.text();
    expect(text).toContain('trunkline_ticks_total{broker="paper",shard="paper:paper:1"} 7\n');
    expect(text).toContain('rule="duplicate"} 3\n');
    expect(text).toContain('trunkline_sockets{market="m1"} 2\n');
    const view = async () => Promise.reject(new Error("gone"));
    const without = await (await played({ manager: { view } }).call("GET", "/metrics", all)).text();
    expect(without).toContain('trunkline_up{part="feed paper"} 0\n');
    expect(without).not.toContain("trunkline_ticks_total");
  });

  test("halted scopes and a shard that is off degrade the status", async () => {
    const since = { reason: "r", by: "b", since: 1 };
    const tradingStates = [{ scope: "algo:momentum", state: "halted" as const, ...since }];
    const shards = [
      ...BROKER.shards,
      ...BROKER.shards.map((s) => ({ ...s, state: "backoff" as const })),
    ];
    const { call } = played({
      ledger: { status: async () => ({ ...RISK, tradingStates }) },
      manager: { view: async () => ({ ...BROKER, shards }) },
    });
    expect(await (await call("GET", "/v1/status", all)).json()).toMatchObject({
      state: "degraded",
    });
  });

  test("the paper broker's refusal reaches the operator, its failure does not pass as one", async () => {
    const said = (status: number, body: unknown) =>
      played({ paper: () => Response.json(body, { status }) }).call("GET", "/v1/paper", all);
    expect((await said(400, { error: "no such thing" })).status).toBe(422);
    expect((await said(500, { error: "broken" })).status).toBe(503);
  });

  test("changes by people and keys stand in the audit log with who, what and before", async () => {
    const { call } = played();
    const key = DEVELOPMENT_KEY;
    await call("PUT", "/v1/watchlist", { key, body: { items: [{ instrument: "NSE:INFY" }] } });
    await call("PUT", "/v1/watchlist", { key, body: { items: [] } });
    const made = await call("POST", "/v1/keys", { key, body: { name: "n", scopes: ["read"] } });
    const { id } = await made.json<{ id: string }>();
    await call("DELETE", `/v1/keys/${id}`, { key });
    await call("PUT", "/v1/brokers/paper/feed", { key, body: { shards: 3 } });
    await call("POST", "/v1/paper/faults", { key, body: { fault: "delay" } });
    const page = await auditPage(database(env.DB), { limit: 6 });
    const items = page.ok ? page.value.items : [];
    expect(items.map(({ action, by }) => [action, by])).toEqual(
      [
        "paper.faults",
        "feed.set",
        "key.revoke",
        "key.create",
        "watchlist.replace",
        "watchlist.replace",
      ].map((action) => [action, "development:development"]),
    );
    expect(items[4]).toMatchObject({ before: [{ instrument: "NSE:INFY", weight: 1 }], after: [] });
  });
});

describe("the description", () => {
  test("is valid OpenAPI 3.1 with the scope of each route", async () => {
    const document = await (
      await played().call("GET", "/v1/openapi.json")
    ).json<{
      openapi: string;
      paths: Record<string, Record<string, Record<string, unknown>>>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    for (const { method, name, scope } of rows) {
      const operation = document.paths[name.split(" ")[1] ?? ""]?.[method.toLowerCase()];
      expect(operation?.["x-scope"], name).toBe(scope);
      expect(operation).toHaveProperty("summary");
      expect(operation).toHaveProperty("responses");
    }
  });

  test("has a page without any script, outside file or loose policy", async () => {
    const response = await played().call("GET", "/v1/docs");
    const html = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(html).not.toMatch(/<script|https?:\/\/|\son\w+=/i);
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; frame-ancestors 'none'$/,
    );
    for (const { name } of rows) expect(html).toContain(name.split(" ")[1]);
  });
});
