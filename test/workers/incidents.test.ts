/** From a trip that fires to a person who takes it on: the real ledger, its tradebook, a counterpart for the channels, and the API. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IncidentDetail, IncidentView } from "../../src/contract/incidents.ts";
import type { Page } from "../../src/contract/primitives.ts";
import { TRIP_NAMES, type TripName } from "../../src/domain/risk/trips/settings.ts";
import { database } from "../../src/storage/database.ts";
import { layDown } from "../../src/storage/incidents.ts";
import { factsWith, intentWith, markOf, postOf } from "../support/ledger/samples.ts";
import { until } from "../support/until.ts";
import { DEVELOPMENT_KEY, errorOf, makeKey, played } from "../support/workers/api.ts";
import { pass } from "../support/workers/incidents.ts";
import { delivered, ledger, placed } from "../support/workers/ledger.ts";
import { ANN, filled, limits, marked, reason, trips } from "../support/workers/ledger-controls.ts";

const MINUTE_MS = 60_000;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(async () => {
  vi.useRealTimers();
  await delivered();
  await reset();
});

const call = (method: string, path: string, key = DEVELOPMENT_KEY) =>
  played().call(method, path, { key });

const list = async (query = "") =>
  (await (await call("GET", `/v1/incidents${query}`)).json<Page<IncidentView>>()).items;

const order = async () => (await placed()).clientOrderId;

/** Each trip made to fire, and what its incident says it is about. */
const FIRED: Record<TripName, { fire: () => Promise<unknown>; about: string[]; halts: boolean }> = {
  dailyLoss: {
    fire: async () => {
      await limits([["algo:algo-a", "dailyLoss", "50"]]);
      await filled();
      await marked(94);
    },
    about: ["algo:algo-a"],
    halts: true,
  },
  drawdown: {
    fire: async () => {
      await limits([["portfolio", "drawdown", "50"]]);
      await filled();
      await marked(94);
    },
    about: ["portfolio"],
    halts: true,
  },
  rejectStorm: {
    fire: async () => {
      await trips([{ trip: "rejectStorm", bounds: { count: 1 } }]);
      await ledger().post([postOf(await order(), { kind: "rejected", reason }, Date.now())]);
    },
    about: ["account:paper", "algo:algo-a"],
    halts: true,
  },
  orderChurn: {
    fire: async () => {
      await trips([{ trip: "orderChurn", bounds: { count: 1 } }]);
      await ledger().requestCancel(await order(), ANN);
    },
    about: ["account:paper", "algo:algo-a"],
    halts: true,
  },
  denialStorm: {
    fire: async () => {
      await trips([{ trip: "denialStorm", bounds: { count: 1 } }]);
      await limits([["algo:algo-a", "orderNotional", "1"]]);
      await ledger().reserve(intentWith(), factsWith({ mark: markOf(Date.now()) }));
    },
    about: ["algo:algo-a"],
    halts: false,
  },
  staleFeed: {
    fire: async () => {
      await filled();
      await trips([{ trip: "staleFeed", on: true, bounds: { ageMs: 1_000 } }]);
      vi.useFakeTimers({ now: Date.now() + 2_000, toFake: ["Date"] });
    },
    about: ["instrument:XNAS:ACME"],
    halts: false,
  },
  reconcileFailure: {
    fire: () =>
      ledger().control({ kind: "reconcile_failed", scope: "instrument:XNAS:ACME", reason }, ANN),
    about: ["instrument:XNAS:ACME"],
    halts: false,
  },
  clockSkew: {
    fire: () => ledger().control({ kind: "clock_offset", broker: "paper", offsetMs: 9_000 }, ANN),
    about: ["account:paper"],
    halts: false,
  },
  indexFall: {
    fire: async () => {
      const bounds = { instrument: "XNAS:ACME", fraction: 0.05, windowMs: 600_000 };
      await trips([{ trip: "indexFall", on: true, bounds }]);
      await placed();
      await ledger().ensure();
      await marked(90);
    },
    about: ["portfolio"],
    halts: false,
  },
};

describe("a trip that fires", () => {
  test.each(TRIP_NAMES)("%s is an incident of its scope, once", async (trip) => {
    const { fire, about, halts } = FIRED[trip];
    await fire();
    const raised = await until("the incidents", async () => {
      await ledger().ensure();
      const items = await list("?open=true");
      return items.length === about.length ? items : null;
    });
    expect(raised.map(({ account }) => account).sort()).toEqual(about);
    for (const { title, severity, message } of raised) {
      expect(title).toMatch(new RegExp(`by the trip ${trip}$`));
      expect(severity).toBe(halts ? "critical" : "serious");
      expect(message.length).toBeGreaterThan(40);
    }
    await ledger().ensure();
    await delivered();
    expect(await list()).toEqual(raised);
  });

  test("is told on every channel, again by its policy, and no more once a person takes it on", async () => {
    await FIRED.clockSkew.fire();
    await delivered();
    const [incident] = await list();
    if (!incident) throw new Error("no incident");
    const { at } = incident;
    const first = await pass(at);
    expect(first.map((each) => each.split(":")[0])).toEqual([
      "hooks.example.com",
      "ops.example.com",
    ]);
    for (const each of first)
      expect(each).toContain("account:paper is reducing by the trip clockSkew");
    expect(await pass(at + 1_000)).toEqual([]);
    expect(await pass(at + 10 * MINUTE_MS)).toHaveLength(1);

    const path = `/v1/incidents/${encodeURIComponent(incident.id)}`;
    const taken = await (await call("POST", `${path}/acknowledge`)).json<IncidentDetail>();
    expect(taken.acknowledgedBy).toMatch(/^development:/);
    expect(taken.sends.map(({ channel, step, state }) => [channel, step, state])).toEqual([
      ["slack", 1, "sent"],
      ["webhook", 1, "sent"],
      ["slack", 2, "sent"],
    ]);
    expect(await pass(at + 60 * MINUTE_MS)).toEqual([]);
    expect(await (await call("POST", `${path}/acknowledge`)).json()).toEqual(taken);
    expect(await list("?open=true")).toEqual([]);
    expect(await list("?open=false")).toHaveLength(1);
    const audit = await (await call("GET", "/v1/audit")).text();
    expect(audit.match(/incident_acknowledge/g)).toHaveLength(1);
  });

  test("is tried again on a channel that fails, and what became of it is written down", async () => {
    await FIRED.reconcileFailure.fire();
    await delivered();
    const [incident] = await list();
    if (!incident) throw new Error("no incident");
    expect(await pass(incident.at, 500)).toHaveLength(2);
    expect(await pass(incident.at + MINUTE_MS)).toHaveLength(2);
    const path = `/v1/incidents/${encodeURIComponent(incident.id)}`;
    const { sends } = await (await call("GET", path)).json<IncidentDetail>();
    expect(sends).toMatchObject([
      { channel: "slack", state: "sent", attempts: 2 },
      { channel: "webhook", state: "sent", attempts: 2 },
    ]);
  });
});

test("the kill switch of a person is no incident: they know what they did", async () => {
  await ledger().trip("algo:algo-a", reason, ANN);
  await delivered();
  expect(await list()).toEqual([]);
});

test("the same incident laid down twice is one, and pages go on where they ended", async () => {
  const book = database(env.DB);
  const incident = { account: "paper", severity: "serious", title: "t", message: "m" } as const;
  for (const id of ["a/b", "c d", "a/b", "é"]) await layDown(book, { ...incident, id, at: 5 });
  const read = async (cursor = ""): Promise<string[]> => {
    const page = await (
      await call("GET", `/v1/incidents?limit=2${cursor}`)
    ).json<Page<IncidentView>>();
    const ids = page.items.map(({ id }) => id);
    return page.nextCursor === null ? ids : [...ids, ...(await read(`&cursor=${page.nextCursor}`))];
  };
  expect((await read()).sort()).toEqual(["a/b", "c d", "é"]);
  expect((await call("GET", `/v1/incidents/${encodeURIComponent("a/b")}`)).status).toBe(200);
});

test("a key may read incidents, and only a person takes one on", async () => {
  const key = await makeKey(["read", "trade"], "algo-a");
  expect((await call("GET", "/v1/incidents", key)).status).toBe(200);
  expect((await call("POST", "/v1/incidents/x/acknowledge", key)).status).toBe(403);
  const absent = await call("POST", "/v1/incidents/x/acknowledge");
  expect(absent.status).toBe(404);
  expect((await errorOf(absent)).message).toContain("x");
  expect((await call("GET", "/v1/incidents?open=perhaps")).status).toBe(400);
});
