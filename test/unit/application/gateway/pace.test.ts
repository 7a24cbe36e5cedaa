/** Nothing spins: while the ledger or the database of incidents is away, a gateway's alarm rings no more often. */
import { expect, test } from "vitest";
import type { OrderStreamMessage } from "../../../../src/brokers/broker.ts";
import { raise } from "../../../../src/application/gateway/reconcile-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { INCIDENT_RETRY_MS } from "../../../../src/domain/gateway-limits.ts";
import { OPEN_ORDERS_POLL_MS, WATCHDOG_INTERVAL_MS } from "../../../../src/domain/limits.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import { beside } from "../../../support/orders/strangers.ts";
import {
  approvedWith,
  scripted,
  START,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

type OrderStreamEvent = Extract<OrderStreamMessage, { kind: "order_event" }>;

const MINUTE_MS = 60_000;
const ALARM_DELAY_MS_MIN = 100;

/** Runs the gateway by its own alarm for a minute; answers how often it rang. */
async function byAlarm(run: Scripted): Promise<number> {
  let rounds = 0;
  for (let now = START; now < START + MINUTE_MS; rounds += 1) {
    await run.gateway.watch();
    const wait = Math.min(run.gateway.nextDueAt() - now, WATCHDOG_INTERVAL_MS);
    const step = Math.max(ALARM_DELAY_MS_MIN, wait);
    run.advance(step);
    now += step;
  }
  return rounds;
}

test("an order that was not sent asks a ledger that is away seldom", async () => {
  const store = new MemoryStore();
  const order = { ...newRecord("o-1", approvedWith(), START), nextLookAt: START, attempt: 1 };
  store.save({ order, posts: [], executions: [] });
  let asked = 0;
  const approved = async () => {
    asked += 1;
    throw new Error("away");
  };
  expect(await byAlarm(scripted({ approved }, store))).toBeLessThanOrEqual(40);
  expect(asked).toBe(2);
});

/** A gateway with one incident that is told at once and one that is held, of a position of 5. */
function withNews(script: Script) {
  const store = new MemoryStore();
  const ports = { account: "simulated", store, now: () => START };
  const news = { severity: "critical", title: "No stop", message: "bare" } as const;
  const [algoId, instrument] = ["momentum", "SIM:AAA"];
  raise(ports, { id: "b-at-once", ...news });
  raise(ports, { id: "a-held", ...news }, { until: START + 10, algoId, instrument });
  const position = { account: "simulated", algoId, instrument, quantity: "5" };
  script.brokerPositions = () => [{ instrument, quantity: "5", averagePrice: "100" }];
  script.ledgerPositions ??= () => [position] as never;
  return scripted(script, store);
}

test("what cannot be told is offered again every few seconds, and told when it can be", async () => {
  const script: Script = { cannotTell: true };
  const run = withNews(script);
  expect(await byAlarm(run)).toBeLessThanOrEqual(45);
  script.cannotTell = false;
  run.advance(INCIDENT_RETRY_MS);
  expect(run.gateway.nextDueAt()).toBeLessThanOrEqual(START + MINUTE_MS + INCIDENT_RETRY_MS);
  await run.gateway.watch();
  expect(run.incidents.map(({ id }) => id)).toEqual(["a-held", "b-at-once"]);
});

test("one that waits for the ledger's word keeps nobody from hearing the others", async () => {
  const run = withNews({
    ledgerPositions: () => {
      throw new Error("away");
    },
  });
  run.advance(10);
  await run.gateway.watch();
  expect(run.incidents.map(({ id }) => id)).toEqual(["b-at-once"]);
});

/** Strangers' orders, ten each second for so long, and how often the broker was asked for its list meanwhile. */
async function besideStrangers(seconds: number, event: OrderStreamEvent["event"]): Promise<number> {
  let questions = 0;
  const script: Script = { openOrdersWhen: async () => void (questions += 1) };
  const desk = await beside(script);
  questions = 0;
  for (let tenth = 1; tenth <= 10 * seconds; tenth += 1) {
    desk.advance(100);
    const ids = { clientOrderId: null, brokerOrderId: `Y${tenth}`, eventId: `s${tenth}` };
    await desk.gateway.onStream({ kind: "order_event", ...ids, event, at: START });
    if (desk.gateway.nextDueAt() <= START + 100 * tenth) await desk.gateway.watch();
  }
  expect(desk.incidents).toHaveLength(10 * seconds);
  return questions;
}

test("news of strangers' orders has the broker's list read before its turn once a second at most", async () => {
  const event = { kind: "accepted", brokerOrderId: "Y", pendingTrigger: false } as const;
  const questions = await besideStrangers(10, event);
  expect(questions).toBeGreaterThanOrEqual(9);
  expect(questions).toBeLessThanOrEqual(11 + 10_000 / OPEN_ORDERS_POLL_MS);
});

test.each(["canceled", "expired", "rejected"] as const)(
  "an order of a stranger that is %s has no list read before its turn",
  async (kind) => {
    expect(await besideStrangers(5, { kind, reason: "ioc" })).toBe(0);
  },
);
