/** What the minute's cron does once a day has ended: which days it compares, how often, and who hears of one that fails. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reconcileWhenDue } from "../../src/schedule/after-hours.ts";
import { database } from "../../src/storage/database.ts";
import { dayReportId } from "../../src/storage/day-reports.ts";
import {
  acceptReconciliation,
  isWakeBlocked,
  reconcileBook,
  reconciliation,
} from "../../src/storage/reconciliations.ts";
import { endFlow, startFlow, type Flow } from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const book = () => database(env.DB);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LATE = Date.parse("2030-05-06T03:00:00Z");
const report = (day: string) => reconciliation(book(), dayReportId("paper", day));
const statuses = async (days: string[]) =>
  (await Promise.all(days.map(report))).map((each) => each?.status ?? null);

/** The broker tells nothing, or again all. */
const away = (isAway: boolean) => flow.fault("fail_look_up", { count: isAway ? 1_000 : 0 });

/** Some turns of the minute's cron, each long enough after the one before to try again. */
async function turns(from: number, count = 6): Promise<void> {
  for (let turn = 0; turn < count; turn += 1)
    await reconcileWhenDue(env, "paper", from + turn * 6 * 60_000);
}

const told = async () =>
  (await env.DB.prepare("SELECT id, title, message, acknowledged_by FROM incidents").all()).results;

test("the day that ended is reconciled once, however often the minute comes", async () => {
  await reconcileWhenDue(env, "paper", LATE);
  const first = await report("2030-05-05");
  expect(first).toMatchObject({ day: "2030-05-05", startedBy: "after_hours", status: "clean" });
  await reconcileWhenDue(env, "paper", LATE + 60_000);
  expect(await report("2030-05-05")).toEqual(first);
  // Nothing is made up for from before there was anything.
  expect(await statuses(["2030-05-04"])).toEqual([null]);
});

test("a run that failed blocks the wake, and is made up for", async () => {
  const now = Date.now();
  await away(true);
  await reconcileWhenDue(env, "paper", now);
  expect(await isWakeBlocked(book())).toBe(true);
  await away(false);
  await reconcileWhenDue(env, "paper", now + 60_000);
  expect(await isWakeBlocked(book())).toBe(true);
  await reconcileWhenDue(env, "paper", now + 3_600_000);
  expect(await isWakeBlocked(book())).toBe(false);
});

test("a day that failed until the next one closed is tried until it succeeds, after the newer", async () => {
  await away(true);
  await reconcileWhenDue(env, "paper", LATE);
  expect(await statuses(["2030-05-05"])).toEqual(["failed"]);
  await away(false);
  await turns(LATE + DAY_MS, 1);
  expect(await statuses(["2030-05-05", "2030-05-06"])).toEqual(["failed", "clean"]);
  expect(await isWakeBlocked(book())).toBe(true);
  await turns(LATE + DAY_MS);
  expect(await statuses(["2030-05-05", "2030-05-06"])).toEqual(["clean", "clean"]);
  expect(await isWakeBlocked(book())).toBe(false);
});

test("days that nobody compared while the platform was away are made up for, each once", async () => {
  await reconcileWhenDue(env, "paper", LATE);
  await turns(LATE + 3 * DAY_MS);
  expect(await statuses(["2030-05-06", "2030-05-07", "2030-05-08"])).toEqual([
    "clean",
    "clean",
    "clean",
  ]);
  const all = await env.DB.prepare("SELECT id FROM reconciliations").all();
  expect(all.results).toHaveLength(4);
});

test("people hear once of a day that is late and fails on, and no more when it succeeds", async () => {
  await away(true);
  const due = Date.parse("2030-05-06T00:10:00Z");
  await turns(due, 10);
  expect(await told()).toEqual([]);
  await turns(due + 3 * HOUR_MS, 3);
  expect(await told()).toMatchObject([
    {
      title: "2030-05-05 could not be compared with the broker",
      message: expect.stringContaining("network") as string,
      acknowledged_by: null,
    },
  ]);
  await away(false);
  await turns(due + 5 * HOUR_MS, 1);
  expect(await told()).toMatchObject([{ acknowledged_by: "recovery" }]);
});

test("a person who accepts a failed day ends its runs and what people were told", async () => {
  await away(true);
  await turns(LATE, 2);
  expect(await told()).toMatchObject([{ acknowledged_by: null }]);
  const id = dayReportId("paper", "2030-05-05");
  await acceptReconciliation(book(), id, "ann", "the broker has no history of it", LATE);
  await away(false);
  await turns(LATE + HOUR_MS);
  expect(await report("2030-05-05")).toMatchObject({ status: "accepted", acceptedBy: "ann" });
  expect(await told()).toMatchObject([{ acknowledged_by: "ann" }]);
});

test("what people were told is taken back by the very write that lays the report down", async () => {
  await away(true);
  await turns(LATE, 2);
  const record = await report("2030-05-05");
  if (!record) throw new Error("no report");
  const nothing = { executions: [], orders: [] };
  await reconcileBook(book(), env.ARCHIVE).save(record, nothing, 0);
  expect(await told()).toMatchObject([{ acknowledged_by: null }]);
  const open = { ...record, status: "unresolved" } as const;
  await reconcileBook(book(), env.ARCHIVE).save(open, nothing, 0);
  expect(await told()).toMatchObject([
    { id: `reconciliation-failed-${record.id}`, acknowledged_by: "recovery" },
    { id: `reconciliation-${record.id}`, acknowledged_by: null },
  ]);
});
