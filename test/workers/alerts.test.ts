/** What people are told, with the real ledger's dead letters in a real D1 and a counterpart for every channel. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ALERT_STEPS_MAX } from "../../src/domain/alert-limits.ts";
import { channelsOf } from "../../src/notify/settings.ts";
import { alertBook, announced } from "../../src/platform/alerts.ts";
import {
  acknowledge,
  followDeadLetters,
  sendsOf,
  unacknowledged,
} from "../../src/storage/alerts.ts";
import { database } from "../../src/storage/database.ts";
import { alertSends } from "../../src/storage/schema.ts";
import { tradebook } from "../../src/storage/tradebook.ts";
import type { Order } from "../../src/domain/order.ts";
import {
  endFlow,
  RESTING,
  startFlow,
  unknownLetter,
  until,
  type Flow,
} from "../support/workers/orders.ts";
import { tellByEach, wokenChannels } from "../support/workers/telling.ts";

const SETTINGS = {
  SLACK_WEBHOOK_URL: "https://hooks.example.com/s",
  ALERT_WEBHOOK_URL: "https://ops.example.com/w",
  ALERT_WEBHOOK_SECRET: "signing-secret",
};

const SLACK_TO_THE_END = { channel: "slack", lastStep: ALERT_STEPS_MAX - 1 };

const MINUTE_MS = 60_000;

/** Enough for hundreds of statements to the database on a busy machine. */
const MANY_MS = 30_000;

let flow: Flow;
let asked: string[];
/** Answers by host; without one it is 200. */
let answers: Record<string, () => Promise<Response>>;

beforeEach(async () => {
  flow = await startFlow();
  asked = [];
  answers = {};
});

afterEach(() => endFlow(flow));

const book = database(env.DB);

async function pass(now: number): Promise<void> {
  const told = channelsOf(SETTINGS, {
    fetch: async (url) => {
      const { hostname } = new URL(url);
      asked.push(hostname);
      return (await answers[hostname]?.()) ?? new Response("ok");
    },
    devices: { all: async () => [], forget: async () => {} },
    log: () => {},
  });
  await followDeadLetters(book, now);
  await tellByEach(told, [alertBook(book)], now);
}

async function letter(): Promise<string> {
  const { clientOrderId } = await flow.reserve(RESTING).then(({ intent }) => intent);
  await unknownLetter(flow, clientOrderId);
  await written();
  return clientOrderId;
}

const written = () =>
  until(async () => {
    await flow.ledger.ensure();
    return (await flow.ledger.status()).outbox === 0;
  });

const took = () => asked.splice(0).sort();
const BOTH = ["hooks.example.com", "ops.example.com"];
const START = 1_000_000;

test("lesson 31: nothing is told before the ledger has committed a dead letter", async () => {
  await flow.reserve(RESTING);
  await written();
  await pass(START);
  expect(took()).toEqual([]);
});

test("a dead letter is told once on every channel, also by two passes at the same time", async () => {
  const id = await letter();
  await Promise.all([pass(START), pass(START), pass(START)]);
  expect(took()).toEqual(BOTH);
  await pass(START + MINUTE_MS);
  expect(took()).toEqual([]);
  expect(await sendsOf(book, [id])).toMatchObject([
    { channel: "slack", state: "sent", attempts: 1 },
    { channel: "webhook", state: "sent", attempts: 1 },
  ]);
});

test("a channel that is down is tried again with pauses, four times, and the other is told all the same", async () => {
  const id = await letter();
  answers["hooks.example.com"] = () => Promise.reject(new Error("https://hooks.example.com/s"));
  await pass(START);
  expect(took()).toEqual(BOTH);
  await pass(START + 1_000);
  expect(took()).toEqual([]);
  for (const minutes of [1, 2, 4]) {
    await pass(START + minutes * MINUTE_MS);
    expect(took()).toEqual(["hooks.example.com"]);
  }
  const [slack] = await sendsOf(book, [id]);
  expect(slack).toMatchObject({ state: "failed", attempts: 4, error: "no answer" });
  // The next step tells by it again.
  answers = {};
  await pass(START + 5 * MINUTE_MS);
  expect(took()).toEqual(["hooks.example.com"]);
});

test("a run that dies while it sends leaves the message to a later one", async () => {
  await letter();
  let isDead = true;
  answers["hooks.example.com"] = () =>
    isDead ? new Promise(() => {}) : Promise.resolve(new Response("ok"));
  void pass(START);
  await until(() => asked.length === 2);
  took();
  isDead = false;
  await pass(START + 1_000);
  expect(took()).toEqual([]);
  await pass(START + MINUTE_MS);
  expect(took()).toEqual(["hooks.example.com"]);
});

test("an acknowledgement ends it, and so does leaving the desk", async () => {
  const first = await letter();
  const second = await letter();
  await pass(START);
  expect(took()).toHaveLength(4);
  await acknowledge(book, first, "person:op@x.io", START, null);
  const at = START;
  const event = { kind: "discarded", by: "person:op@x.io", reason: "no longer wanted" } as const;
  await flow.ledger.post([{ eventId: "d", clientOrderId: second, event, at }]);
  await written();
  await pass(START + 30 * MINUTE_MS);
  expect(took()).toEqual([]);
});

/** What the ledger writes of any number of open dead letters. */
async function letters() {
  const { intent } = await flow.reserve(RESTING);
  const order = (await flow.ledger.order(intent.clientOrderId)) as Order;
  return (n: number) => ({
    version: n + 1_000,
    row: {
      kind: "dead_letter" as const,
      label: "unknown" as const,
      reason: "no answer",
      attempts: 1,
      status: "open" as const,
      order: { ...order, clientOrderId: `letter-${n}` },
    },
  });
}

test(
  "a dead letter is told of within a minute, however many stand open that were told before",
  async () => {
    const open = await letters();
    await tradebook(env.DB).write(Array.from({ length: 104 }, (_, n) => open(n)));
    await pass(START);
    await pass(START + MINUTE_MS);
    expect(took()).toHaveLength(104 * BOTH.length);
    await tradebook(env.DB).write([open(104)]);
    await pass(START + 2 * MINUTE_MS);
    expect(await sendsOf(book, ["letter-104"])).toHaveLength(BOTH.length);
  },
  MANY_MS,
);

test(
  "a dead letter is told again by its policy, however many were told to their last step and never taken on",
  async () => {
    const open = await letters();
    await tradebook(env.DB).write(Array.from({ length: 85 }, (_, n) => open(n)));
    await pass(START);
    await pass(START);
    expect(took()).toHaveLength(85 * BOTH.length);
    await book.update(alertSends).set({ step: ALERT_STEPS_MAX - 1 });
    expect(await unacknowledged(book, SLACK_TO_THE_END, 0)).toEqual([]);
    await tradebook(env.DB).write([open(85)]);
    await pass(START + MINUTE_MS);
    expect(took()).toEqual(BOTH);
    await pass(START + 6 * MINUTE_MS);
    expect(took()).toEqual(["hooks.example.com"]);
  },
  MANY_MS,
);

test("the tradebook has people told when a dead letter stands in it, and for nothing else", async () => {
  const order = await flow.order(await letter());
  const begun: Promise<void>[] = [];
  const refusing = { write: () => Promise.reject(new Error("D1 is down")) };
  const taking = { write: async () => {} };
  const { woken, ALERT_CHANNEL } = wokenChannels();
  const set = { ...env, ...SETTINGS, ALERT_CHANNEL };
  const later = (work: Promise<void>) => void begun.push(work);
  const row = { kind: "dead_letter", order, label: "unknown", reason: "", attempts: 1 } as const;
  const open = [{ version: 1, row: { ...row, status: "open" as const } }];
  const closed = [{ version: 1, row: { ...row, status: "closed" as const } }];
  await expect(announced(set, refusing, later).write(open)).rejects.toThrow("D1 is down");
  await announced(set, taking, later).write(closed);
  await announced(env, taking, later).write(open);
  expect(begun).toHaveLength(0);
  await announced(set, taking, later).write(open);
  expect(begun).toHaveLength(1);
  await Promise.all(begun);
  expect(woken.toSorted()).toEqual(["slack", "webhook"]);
});
