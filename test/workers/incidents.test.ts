/** From a trip that fires to a person who takes it on: the real ledger, its tradebook, a counterpart for the channels, and the API. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IncidentDetail, IncidentView } from "../../src/contract/incidents.ts";
import type { Page } from "../../src/contract/primitives.ts";
import { ALERT_STEPS_MAX } from "../../src/domain/alert-limits.ts";
import { TRIP_NAMES, type TripName } from "../../src/domain/risk/trips/settings.ts";
import { channelsOf } from "../../src/notify/settings.ts";
import { tellPeople } from "../../src/notify/tell-people.ts";
import { incidentBook } from "../../src/platform/alerts.ts";
import { database } from "../../src/storage/database.ts";
import { layDown, openIncidents, sendsKey } from "../../src/storage/incidents.ts";
import { alertSends } from "../../src/storage/schema.ts";
import { factsWith, intentWith, markOf, postOf } from "../support/ledger/samples.ts";
import { until } from "../support/until.ts";
import { DEVELOPMENT_KEY, errorOf, makeKey, played } from "../support/workers/api.ts";
import { delivered, ledger, placed } from "../support/workers/ledger.ts";
import { ANN, filled, limits, marked, reason, trips } from "../support/workers/ledger-controls.ts";

const MINUTE_MS = 60_000;

/** Enough for hundreds of statements to the database on a busy machine. */
const MANY_MS = 30_000;

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

/** What was sent by one pass at this time: titles, by channel. */
async function pass(now: number, answer = 200): Promise<string[]> {
  const sent: string[] = [];
  const settings = {
    SLACK_WEBHOOK_URL: "https://hooks.example.com/s",
    ALERT_WEBHOOK_URL: "https://ops.example.com/w",
    ALERT_WEBHOOK_SECRET: "signing-secret",
  };
  const { channels, link } = channelsOf(settings, {
    fetch: async (url, { body }) => {
      sent.push(`${new URL(url).hostname}: ${typeof body === "string" ? body : "?"}`);
      return new Response("{}", { status: answer });
    },
    devices: { all: async () => [], forget: async () => {} },
    log: () => {},
  });
  const book = incidentBook(database(env.DB));
  await tellPeople({ book, channels, link, now: () => now, log: () => {} });
  return sent;
}

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

test(
  "a critical incident is told at once beside any number of newer ones, and each of them in its turn",
  async () => {
    const book = database(env.DB);
    const incident = { account: "paper", title: "A trade past the platform", message: "by hand" };
    for (let n = 0; n < 85; n += 1)
      await layDown(book, { ...incident, id: `hand-${n}`, at: 1_000 + n, severity: "serious" });
    await layDown(book, { ...bare, id: "bare", at: 1 });
    const first = await pass(10_000);
    expect(first.filter((each) => each.startsWith("ops") && each.includes("No stop"))).toHaveLength(
      1,
    );
    const told = new Set(first);
    for (const each of await pass(11_000)) told.add(each);
    // Two channels: nobody was told twice of one, and of every one somebody.
    expect([...told].filter((each) => each.startsWith("ops"))).toHaveLength(86);
  },
  MANY_MS,
);

/** Old ones that nobody took on, each told by both channels to this step and then. */
async function toldBefore(count: number, step: number, told: number, at: number) {
  const book = database(env.DB);
  const old = { account: "paper", severity: "serious", title: "Old", message: "m", at } as const;
  for (let n = 0; n < count; n += 1) {
    const id = `old-${n}`;
    const clientOrderId = sendsKey(id);
    const send = (channel: string) => ({
      id: `${clientOrderId}:${at}:${step}:${channel}`,
      clientOrderId,
      openedAt: at,
      step,
      channel,
      state: "sent" as const,
      attempts: 1,
      nextTryAt: told,
      error: null,
      updatedAt: told,
    });
    await layDown(book, { ...old, id });
    await book.insert(alertSends).values([send("slack"), send("webhook")]);
  }
}

const bare = {
  account: "paper",
  severity: "critical",
  title: "No stop",
  message: "a position stands bare",
} as const;

const slackOf = (sent: string[]) => sent.filter((each) => each.startsWith("hooks"));

test(
  "one that is new is told again by its policy, however many old ones were told to their last step and never taken on",
  async () => {
    const now = 100 * 24 * 60 * MINUTE_MS;
    await toldBefore(85, ALERT_STEPS_MAX - 1, now / 2, 5);
    expect(await pass(now)).toEqual([]);
    await layDown(database(env.DB), { ...bare, id: "bare", at: now });
    expect(await pass(now)).toHaveLength(2);
    const again = slackOf(await pass(now + 5 * MINUTE_MS));
    expect(again).toEqual([expect.stringContaining("No stop")]);
  },
  MANY_MS,
);

test(
  "a critical one is told again when it is due, though many serious ones were told before it and are not due",
  async () => {
    const now = 100 * 24 * 60 * MINUTE_MS;
    await toldBefore(165, 1, now - MINUTE_MS, now - 11 * MINUTE_MS);
    await layDown(database(env.DB), { ...bare, id: "bare", at: now });
    expect(await pass(now)).toHaveLength(2);
    const again = slackOf(await pass(now + 5 * MINUTE_MS));
    expect(again).toEqual([expect.stringContaining("No stop")]);
  },
  MANY_MS,
);

test("what failed of the last step is tried again, and that is the end of it", async () => {
  const now = 100 * 24 * 60 * MINUTE_MS;
  await toldBefore(1, ALERT_STEPS_MAX - 2, 6, 5);
  expect(await pass(now, 503)).toHaveLength(1);
  expect(await pass(now + MINUTE_MS)).toHaveLength(1);
  expect(await pass(now + 60 * MINUTE_MS)).toEqual([]);
  expect(await openIncidents(database(env.DB), 0)).toEqual([]);
  expect(await list("?open=true")).toHaveLength(1);
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
