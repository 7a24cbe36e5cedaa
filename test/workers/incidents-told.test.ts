/** Many open incidents at a time: who is told of what in one pass, and that none holds up another. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ALERT_STEPS_MAX } from "../../src/domain/alert-limits.ts";
import { database } from "../../src/storage/database.ts";
import { incidentsPage, layDown, openIncidents, sendsKey } from "../../src/storage/incidents.ts";
import { alertSends } from "../../src/storage/schema.ts";
import { pass } from "../support/workers/incidents.ts";

const SLACK_TO_THE_END = { channel: "slack", lastStep: ALERT_STEPS_MAX - 1 };

const MINUTE_MS = 60_000;

/** Enough for hundreds of statements to the database on a busy machine. */
const MANY_MS = 30_000;

beforeEach(() => applyD1Migrations(env.DB, env.TEST_MIGRATIONS));
afterEach(() => reset());

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
    expect(first.find((each) => each.includes("No stop"))).toContain(
      "/system/alerts?incident=bare",
    );
    const told = new Set(first);
    for (const each of await pass(11_000)) told.add(each);
    // Two channels: nobody was told twice of one, and of every one somebody.
    expect([...told].filter((each) => each.startsWith("ops"))).toHaveLength(86);
  },
  MANY_MS,
);

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
  expect(await openIncidents(database(env.DB), SLACK_TO_THE_END, 0)).toEqual([]);
  // It stands on the desk all the same.
  expect(await incidentsPage(database(env.DB), { open: true, limit: 5 })).toMatchObject({
    value: { items: [{ id: "old-0" }] },
  });
});
