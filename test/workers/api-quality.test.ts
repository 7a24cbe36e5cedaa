/** The quality of the feed and the cleaning rules through the API. */
import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { CLEANING_DEFAULTS, type CleaningSettings } from "../../src/domain/cleaning.ts";
import { ok } from "../../src/domain/result.ts";
import { auditPage } from "../../src/storage/audit.ts";
import { database } from "../../src/storage/database.ts";
import { errorOf, makeKey, played } from "../support/workers/api.ts";
import { CLEANING, INSTRUMENT, QUALITY } from "../support/workers/api-market.ts";

const all = { key: "" };
const PATH = "/v1/instruments/NSE:INFY/cleaning";

beforeAll(async () => {
  all.key = await makeKey([...SCOPES_OF_KEYS]);
});

const rows = [
  QUALITY,
  { ...QUALITY, instrument: "NSE:TCS", state: "stale" as const },
  { ...QUALITY, instrument: "US:MSFT", state: "invalid_book" as const },
];

const found = async (query: string) => {
  const manager = { quality: async () => rows };
  const response = await played({ manager }).call("GET", `/v1/feeds/quality${query}`, all);
  const { items } = await response.json<{ items: { instrument: string }[] }>();
  return items.map(({ instrument }) => instrument);
};

test("the quality of every instrument is listed, and found by instrument, provider and state", async () => {
  expect(await found("?provider=paper")).toEqual(["NSE:INFY", "NSE:TCS", "US:MSFT"]);
  expect(await found("?provider=paper&state=stale")).toEqual(["NSE:TCS"]);
  expect(await found("?provider=paper&instrument=US:MSFT")).toEqual(["US:MSFT"]);
  expect(await found("?provider=nobody")).toEqual([]);
  expect(await found("?provider=paper&limit=2")).toEqual(["NSE:INFY", "NSE:TCS"]);
});

test("rules are set for every provider of the instrument, with an audit row, and left out is default", async () => {
  const set: (CleaningSettings | null)[] = [];
  const manager = {
    setCleaning: async (_: string, settings: CleaningSettings | null) => {
      set.push(settings);
      return ok(CLEANING);
    },
  };
  const { call } = played({ manager });
  expect((await call("PUT", PATH, { ...all, body: { off: ["spike"] } })).status).toBe(200);
  expect(set[0]).toEqual({ ...CLEANING_DEFAULTS, off: ["spike"] });
  expect((await call("DELETE", PATH, all)).status).toBe(200);
  expect(set.at(-1)).toBe(null);
  const { rows: audited } = await auditPage(database(env.DB), { limit: 10 }).then((page) => ({
    rows: page.ok ? page.value.items : [],
  }));
  expect(audited.slice(0, 2)).toMatchObject([
    { action: "cleaning_set", subject: "NSE:INFY", after: null },
    { action: "cleaning_set", subject: "NSE:INFY", after: { off: ["spike"] } },
  ]);
});

test("rules of an instrument that nobody gives are refused by name, and nothing is set", async () => {
  const response = await played().call("PUT", "/v1/instruments/NSE:NOPE/cleaning", {
    ...all,
    body: {},
  });
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({ code: "UNKNOWN_INSTRUMENT" });
});

test("rules of an instrument that nobody gives any more are shown and taken back, as long as there are any", async () => {
  const gone = "NSE:GONE";
  const path = `/v1/instruments/${gone}/cleaning`;
  const rules = JSON.stringify({ ...CLEANING_DEFAULTS, off: ["spike"] });
  // Set when the broker still listed it.
  await runInDurableObject(env.BROKER_MANAGER.getByName("paper"), async (_, { storage }) => {
    storage.sql.exec("INSERT INTO cleaning VALUES (?, ?)", gone, rules);
    await storage.sync();
  });
  await runInDurableObject(env.BROKER_MANAGER.getByName("paper"), (_, state) =>
    state.abort("memory is gone"),
  ).catch(() => {});
  const call = async (method: string, body?: object) => {
    const headers = { authorization: `Bearer ${all.key}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await exports.default.fetch(`http://localhost${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  expect(await call("GET")).toMatchObject({
    status: 200,
    body: { items: [{ instrument: gone, off: ["spike"], isDefault: false }] },
  });
  const unknown = { status: 400, body: { error: { code: "UNKNOWN_INSTRUMENT" } } };
  expect(await call("PUT", { off: [] })).toMatchObject(unknown);
  expect(await call("DELETE")).toMatchObject({
    status: 200,
    body: { items: [{ instrument: gone, off: [], isDefault: true }] },
  });
  expect(await call("DELETE")).toMatchObject(unknown);
  expect(await call("GET")).toMatchObject(unknown);
});

test.each([
  [{ off: ["nonsense"] }],
  [{ spikeBand: 0 }],
  [{ spikeBand: -0.1 }],
  [{ clockSkewMs: -1 }],
  [{ clockSkewMs: 3_600_001 }],
  [{ band: 1 }],
])("%o is refused", async (body) => {
  expect((await played().call("PUT", PATH, { ...all, body })).status).toBe(400);
});

test("an id with a slash is one part of the path", async () => {
  const manager = { instruments: async () => [{ ...INSTRUMENT, id: "KRAKEN:BTC/USD" }] };
  const path = `/v1/instruments/${encodeURIComponent("KRAKEN:BTC/USD")}/cleaning`;
  expect((await played({ manager }).call("GET", path, all)).status).toBe(200);
});
