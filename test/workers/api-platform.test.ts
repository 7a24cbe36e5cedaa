/** The API on the whole platform as it runs: real objects, real D1, the paper broker's market. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Page } from "../../src/contract/primitives.ts";
import { FEED_BROKERS } from "../../src/platform/deployment.ts";
import { runWatchdog } from "../../src/schedule/watchdog.ts";
import { until } from "../support/until.ts";
import { makeKey } from "../support/workers/api.ts";

const keys = { algo: "", admin: "" };

beforeAll(async () => {
  keys.algo = await makeKey(["read", "trade"], "momentum");
  keys.admin = await makeKey(["admin"]);
  await runWatchdog(env);
});

async function call(method: string, path: string, key: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  return exports.default.fetch(`http://localhost${path}`, { method, headers, ...init });
}

const items = async (path: string): Promise<Record<string, unknown>[]> => {
  const response = await call("GET", path, keys.algo);
  return (await response.json<Page<Record<string, unknown>>>()).items;
};

test("health answers without a key", async () => {
  expect((await exports.default.fetch("http://localhost/health")).status).toBe(200);
});

test("an algo sees ticks and its order on one socket, and the fill in the tradebook", async () => {
  const headers = { authorization: `Bearer ${keys.algo}`, upgrade: "websocket" };
  const { webSocket } = await exports.default.fetch("http://localhost/v1/stream", { headers });
  if (!webSocket) throw new Error("the stream must open");
  const frames: { type: string; order?: { state: string } }[] = [];
  webSocket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(String(data)));
  });
  webSocket.accept();
  webSocket.send('{"op":"subscribe","channel":"ticks","instruments":["NSE:INFY"]}');
  webSocket.send('{"op":"subscribe","channel":"orders"}');
  await until("a live tick", () => frames.find(({ type }) => type === "ticks"));
  await until("balances at the ledger", async () => (await items("/v1/balances")).length > 0);

  const intent = {
    clientOrderId: "whole-1",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: "2",
  };
  const sent = await call("POST", "/v1/orders", keys.algo, intent);
  expect([sent.status, await sent.text()]).toEqual([201, expect.stringContaining('"momentum"')]);
  expect((await call("POST", "/v1/orders", keys.algo, intent)).status).toBe(200);
  const other = { ...intent, quantity: "3" };
  expect((await call("POST", "/v1/orders", keys.algo, other)).status).toBe(409);

  await until("the fill on the stream", () =>
    frames.find(({ order }) => order?.state === "filled"),
  );
  const trade = await until(
    "the fill in the tradebook",
    async () => (await items("/v1/trades"))[0],
  );
  expect(trade).toMatchObject({ clientOrderId: "whole-1", algoId: "momentum", quantity: "2" });
  expect(await items("/v1/positions")).toMatchObject([{ algoId: "momentum", quantity: "2" }]);
  expect(await items("/v1/orders?open=false&limit=1")).toMatchObject([{ state: "filled" }]);
  webSocket.close();
});

test("the kill switch of an algo stops its next order, and both stand in the audit log", async () => {
  const wish = { scope: "algo:momentum", reason: "a test of the switch" };
  expect((await call("POST", "/v1/kill-switch", keys.algo, wish)).status).toBe(200);
  const denied = await call("POST", "/v1/orders", keys.algo, {
    clientOrderId: "whole-2",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: "1",
  });
  expect(denied.status).toBe(422);
  expect(await denied.json()).toMatchObject({ error: { code: "KILL_SWITCH" } });
  expect((await call("POST", "/v1/kill-switch/reset", keys.algo, wish)).status).toBe(403);
  await until("the hold to be over", async () => {
    const { status } = await call("POST", "/v1/kill-switch/reset", keys.admin, wish);
    return status === 200;
  });
  const limit = { scope: "algo:momentum", name: "openOrders", value: "3" };
  const change = { changes: [limit], reason: "small" };
  expect((await call("PUT", "/v1/risk/limits", keys.admin, change)).status).toBe(200);
  const typo = { changes: [{ ...limit, scope: "algo:momentun" }], reason: "small" };
  const refused = await call("PUT", "/v1/risk/limits", keys.admin, typo);
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain("algo momentun has no key and is not registered");
  await until("the audit rows", async () => {
    const response = await call("GET", "/v1/audit", keys.admin);
    const said = await response.text();
    return ["a test of the switch", "kill_switch_reset", "limit_set"].every((part) =>
      said.includes(part),
    );
  });
});

test("the operator adds and takes away instruments while others tick", async () => {
  const change = (method: string) =>
    call(method, "/v1/brokers/paper/subscriptions", keys.admin, { instruments: ["NASDAQ:AAPL"] });
  expect((await change("POST")).status).toBe(200);
  await until("its first tick", async () => {
    const quotes = await call("GET", "/v1/quotes?instruments=NASDAQ:AAPL", keys.algo);
    return (
      (await items("/v1/brokers")).length === FEED_BROKERS.length &&
      (await quotes.text()).includes('"last"')
    );
  });
  expect((await change("DELETE")).status).toBe(200);
  const unknown = { instruments: ["NSE:NOPE"] };
  const refused = await call("POST", "/v1/brokers/paper/subscriptions", keys.admin, unknown);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    error: { code: "UNKNOWN_INSTRUMENT", details: { instruments: ["NSE:NOPE"] } },
  });
});

test("every reading route answers on the real platform", async () => {
  const now = Date.now();
  const paths = [
    "/v1/status",
    "/v1/instruments?limit=3",
    "/v1/brokers",
    "/v1/risk",
    "/v1/risk/exposure",
    "/v1/risk/limits",
    "/v1/risk/history",
    "/v1/dead-letters",
    "/v1/watchlist",
    "/v1/balances",
    `/v1/candles?instrument=NSE:INFY&interval=1m&from=${now - 600_000}&to=${now}`,
    "/metrics",
  ];
  const failed: string[] = [];
  for (const path of paths) {
    const response = await call("GET", path, keys.algo);
    if (response.status !== 200) failed.push(`${path}: ${await response.text()}`);
  }
  expect(failed).toEqual([]);
});
