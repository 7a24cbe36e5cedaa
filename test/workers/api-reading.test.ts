/** Lists, status, metrics and the audit log through the API. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { SCOPES_OF_KEYS } from "../../src/contract/operations.ts";
import { auditPage } from "../../src/storage/audit.ts";
import { database } from "../../src/storage/database.ts";
import {
  DEVELOPMENT_KEY,
  errorOf,
  failing,
  makeKey,
  played,
  RISK,
} from "../support/workers/api.ts";
import { INSTRUMENT } from "../support/workers/api-market.ts";
import { BROKER } from "../support/workers/api-broker.ts";

const all = { key: "" };

beforeAll(async () => {
  all.key = await makeKey([...SCOPES_OF_KEYS]);
});

const seven = async () =>
  Array.from({ length: 7 }, (_, n) => ({ ...INSTRUMENT, id: `NSE:S${n}`, name: `Stock ${n}` }));

const noBalances = async () => ({ ok: false as const, error: "timeout" });

const paperSaid = (status: number, body: unknown) =>
  played({ paper: () => Response.json(body, { status }) }).call("GET", "/v1/paper", all);

describe("lists", () => {
  test("instruments come in pages, each once, and are found by id or name", async () => {
    const { call } = played({ manager: { instruments: seven } });
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
    const response = await played({ gateway: { balances: noBalances } }).call(
      "GET",
      "/v1/balances",
      all,
    );
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("BROKER_UNAVAILABLE");
  });
});

describe("operations", () => {
  test("the status is as bad as its worst part, and a part that fails is named", async () => {
    const fine = await (await played().call("GET", "/v1/status", all)).json();
    // One instrument of the played gateway is frozen: no more and no less than that.
    expect(fine).toMatchObject({ state: "degraded", feed: { instruments: 1, sockets: 2 } });
    const broken = await played({ ledger: { status: failing } }).call("GET", "/v1/status", all);
    expect(broken.status).toBe(200);
    const { state, components } = await broken.json<{ state: string; components: unknown[] }>();
    expect(state).toBe("down");
    expect(components).toContainEqual({ name: "ledger", state: "down", message: "Error: gone" });
  });

  test("checks of a broker's books that fail for the same reason tell it once, in words", async () => {
    const message = "session_expired: nobody has signed in yet";
    const failed = (kind: "open_orders" | "positions" | "balances", said = message) => {
      const times = { lastRunAt: 1, nextRunAt: 2 };
      return { kind, result: "failed" as const, message: said, ...times };
    };
    const checks = [failed("open_orders"), failed("positions", "differs"), failed("balances")];
    const reconciliation = async () => ({ account: "paper", ready: false, checks, frozen: [] });
    const response = await played({ gateway: { reconciliation } }).call("GET", "/v1/status", all);
    const { components } = await response.json<{ components: unknown[] }>();
    expect(components).toContainEqual({
      name: "reconciliation paper",
      state: "degraded",
      message:
        "open orders, balances: session expired: nobody has signed in yet; positions: differs",
    });
  });

  test("the metrics are Prometheus text and leave out what nobody could tell", async () => {
    const response = await played().call("GET", "/metrics", all);
    expect(response.headers.get("content-type")).toContain("version=0.0.4");
    const text = await response.text();
    expect(text).toContain('trunkline_ticks_total{broker="paper",shard="paper:paper:1"} 7\n');
    expect(text).toContain('rule="duplicate"} 3\n');
    expect(text).toContain('trunkline_sockets{market="m1"} 2\n');
    const without = await (
      await played({ manager: { view: failing } }).call("GET", "/metrics", all)
    ).text();
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
    expect(
      (await paperSaid(400, { error: { code: "NOPE", message: "no such thing" } })).status,
    ).toBe(422);
    expect((await paperSaid(500, { error: { message: "broken" } })).status).toBe(503);
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
        "paper_faults",
        "feed_set",
        "key_revoke",
        "key_create",
        "watchlist_replace",
        "watchlist_replace",
      ].map((action) => [action, "development:development"]),
    );
    expect(items[4]).toMatchObject({ before: [{ instrument: "NSE:INFY", weight: 1 }], after: [] });
  });
});
