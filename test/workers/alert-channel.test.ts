/** The objects that tell people: one for each channel, in passes of their own, whatever becomes of the others. */
import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, assert, beforeEach, expect, test, vi } from "vitest";
import type { AlertChannel } from "../../durable-objects/alert-channel.ts";
import { laidDown, tellAll } from "../../src/platform/alerts.ts";
import { database } from "../../src/storage/database.ts";
import { acknowledgeIncident, layDown, sendsKey } from "../../src/storage/incidents.ts";
import { sendsOf } from "../../src/storage/alerts.ts";
import { until } from "../support/workers/orders.ts";
import { wokenChannels } from "../support/workers/telling.ts";

const SETTINGS: Record<string, string> = {
  SLACK_WEBHOOK_URL: "https://hooks.example.com/s",
  ALERT_WEBHOOK_URL: "https://ops.example.com/w",
  ALERT_WEBHOOK_SECRET: "signing-secret",
};

const CHANNELS = ["slack", "webhook"] as const;

const book = database(env.DB);

/** The objects of the channels run in an environment of their own, which outlives them. */
const objects = () =>
  CHANNELS.map((name) => env.ALERT_CHANNEL.getByName(name) as DurableObjectStub<AlertChannel>);

const inEach = (change: (settings: Record<string, unknown>) => void) =>
  Promise.all(
    objects().map((stub) =>
      runInDurableObject(stub, (object) =>
        change((object as unknown as { env: Record<string, unknown> }).env),
      ),
    ),
  );

let told: Record<(typeof CHANNELS)[number], string[]>;
let answers: Record<string, () => Promise<Response>>;

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  told = { slack: [], webhook: [] };
  answers = {};
  vi.stubGlobal("fetch", async (url: string, { body }: { body: string }) => {
    const name = new URL(url).hostname === "ops.example.com" ? "webhook" : "slack";
    told[name].push(/incident-\d+/.exec(body)?.[0] ?? "");
    return (await answers[name]?.()) ?? new Response("ok");
  });
  await inEach((settings) => Object.assign(settings, SETTINGS));
});

afterEach(async () => {
  await inEach((settings) => {
    for (const name of Object.keys(SETTINGS)) delete settings[name];
  });
  vi.unstubAllGlobals();
  await reset();
});

const incident = (n: number) =>
  layDown(book, {
    id: `incident-${n}`,
    at: Date.now(),
    account: "paper",
    severity: "critical",
    title: `incident-${n}`,
    message: "m",
  });

const tell = () => tellAll({ ...env, ...SETTINGS });

test("a receiver that does not answer holds up its own channel and no other", async () => {
  answers["slack"] = () => new Promise(() => {});
  for (let n = 0; n < 12; n += 1) await incident(n);
  await tell();
  await until(() => told.webhook.length === 12);
  // So many connections it may hold, and no more.
  expect(told.slack).toHaveLength(5);
  await incident(12);
  await tell();
  await until(() => told.webhook.length === 13);
  expect(new Set(told.webhook).size).toBe(13);
});

test("a channel goes on where its pass ended, also when its object was evicted in between, and tells each once", async () => {
  for (let n = 0; n < 70; n += 1) await incident(n);
  const [, webhook] = objects();
  if (!webhook) throw new Error("no object");
  await runInDurableObject(webhook, (object) => object.alarm());
  expect(told.webhook).toHaveLength(50);
  await evictDurableObject(webhook);
  await until(() => told.webhook.length >= 70);
  await tell();
  await until(() => told.slack.length >= 70);
  expect(new Set(told.webhook).size).toBe(70);
  expect(told.webhook).toHaveLength(70);
}, 30_000);

test("what comes while a pass runs is told by the one after it", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  answers["webhook"] = () => promise;
  await incident(0);
  await tell();
  await until(() => told.webhook.length === 1);
  await incident(1);
  await tell();
  resolve(new Response("ok"));
  await until(() => told.webhook.length === 2);
  expect(told.webhook).toEqual(["incident-0", "incident-1"]);
  const [sent] = await sendsOf(book, [sendsKey("incident-1")]);
  expect(sent?.step).toBe(0);
});

test("whoever lays an incident down has people told of it, without waiting for the minute", async () => {
  const { woken, ALERT_CHANNEL } = wokenChannels();
  const news = { account: "paper", severity: "critical", title: "No stop", message: "m" } as const;
  const off = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, ""]));
  await laidDown({ ...env, ...off, ALERT_CHANNEL })({ id: "nobody", at: 1, ...news });
  const on = laidDown({ ...env, ...SETTINGS, ALERT_CHANNEL });
  for (let n = 0; n < 20; n += 1) await on({ id: `bare-${n}`, at: 1, ...news });
  await until(() => woken.length >= 2);
  expect([...new Set(woken)].toSorted()).toEqual(["slack", "webhook"]);
  // Those that came together were told together.
  expect(woken.length).toBeLessThan(20);
  const DB = { prepare: () => assert.fail("D1 is down") } as unknown as D1Database;
  const down = laidDown({ ...env, ...SETTINGS, DB, ALERT_CHANNEL });
  await expect(down({ id: "later", at: 1, ...news })).rejects.toThrow("D1 is down");
});

test("no channel is woken while nothing is open that anybody would be told of", async () => {
  const { woken, ALERT_CHANNEL } = wokenChannels();
  const watched = { ...env, ...SETTINGS, ALERT_CHANNEL };
  await tellAll(watched);
  await incident(0);
  await acknowledgeIncident(book, "incident-0", "person:op@x.io", 1);
  await tellAll(watched);
  expect(woken).toEqual([]);
  await incident(1);
  await tellAll(watched);
  expect(woken.toSorted()).toEqual(["slack", "webhook"]);
});

test("a channel that cannot be woken keeps no other asleep", async () => {
  const { woken, ALERT_CHANNEL } = wokenChannels("slack");
  await incident(0);
  await tellAll({ ...env, ...SETTINGS, ALERT_CHANNEL });
  expect(woken).toEqual(["webhook"]);
});
