/** One pass of one channel: how much it takes on, in which order, and when it goes on. */
import { expect, test } from "vitest";
import {
  ALERT_LANES,
  ALERT_PAGES_MAX,
  ALERT_SEND_MS_MAX,
  ALERTS_PER_PAGE,
  claimMs,
  PUSH_DEVICES_MAX,
} from "../../../src/domain/alert-limits.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";
import type { AlertMessage, Channel, SendFailure } from "../../../src/notify/channel.ts";
import { tellPeople, type AlertBook, type OpenAlert } from "../../../src/notify/tell-people.ts";
import { webPush } from "../../../src/notify/web-push.ts";
import { memoryBook, type MemoryBook } from "../../support/memory-book.ts";
import { newBrowser, newPushKeys } from "../../support/push-service.ts";

const NOW = 1_000_000;
const MINUTE_MS = 60_000;

/** What the platform grants one call at the least: https://developers.cloudflare.com/workers/platform/limits/#subrequests */
const SUBREQUESTS_MAX = 1_000;

/** https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections */
const CONNECTIONS_MAX = 6;

const letter = (id: string, label: OpenAlert["label"] = "unknown"): OpenAlert => ({
  clientOrderId: id,
  algoId: "a",
  instrument: "NSE:INFY",
  label,
  reason: "no answer",
  openedAt: NOW,
  acknowledgedAt: null,
  intent: {},
  path: "/orders/dead-letters",
});

const letters = (count: number, name = "letter"): OpenAlert[] =>
  Array.from({ length: count }, (_, n) => letter(`${name}-${n}`));

const pass = (books: readonly AlertBook[], channel: Channel, at = NOW): Promise<number | null> =>
  tellPeople({
    books,
    channel,
    on: new Set([channel.name]),
    link: null,
    now: () => at,
    log: () => {},
  });

/** Slack, with every id that it was asked to tell; it answers by the id, and takes it where nothing is said. */
function slackThat(answers: Record<string, SendFailure> = {}) {
  const asked: string[] = [];
  const send = async ({ clientOrderId }: AlertMessage): Promise<Result<null, SendFailure>> => {
    asked.push(clientOrderId);
    const failure = answers[clientOrderId];
    return failure ? err(failure) : ok(null);
  };
  const channel: Channel = { name: "slack", requestsMax: 1, send };
  return { asked, channel };
}

/** As many devices as may be signed up, each answered so. */
function pushThat(status: (device: string) => number, devices = PUSH_DEVICES_MAX) {
  const { keys } = newBrowser();
  const counted = { requests: 0, statements: 0, atOnce: 0, atOnceMax: 0 };
  const all = Array.from({ length: devices }, (_, n) => ({
    id: `device-${n}`,
    endpoint: `https://fcm.googleapis.com/${n}`,
    ...keys,
  }));
  const channel = webPush(
    {
      fetch: async (url) => {
        counted.requests += 1;
        counted.atOnce += 1;
        counted.atOnceMax = Math.max(counted.atOnceMax, counted.atOnce);
        await new Promise((done) => setTimeout(done, 1));
        counted.atOnce -= 1;
        return new Response(null, { status: status(url.slice(url.lastIndexOf("/") + 1)) });
      },
      devices: {
        all: async () => {
          counted.statements += 1;
          return all;
        },
        forget: async () => void (counted.statements += 1),
      },
      log: () => {},
    },
    { ...newPushKeys(), subject: "mailto:desk@example.com" },
  );
  return { channel, counted };
}

/** So many that only the last page that a pass looks through has what is due. */
function crowd(name: string): MemoryBook {
  const book = memoryBook(letters(ALERT_PAGES_MAX * ALERTS_PER_PAGE, name));
  for (let n = 0; n < (ALERT_PAGES_MAX - 1) * ALERTS_PER_PAGE; n += 1) {
    const clientOrderId = `${name}-${n}`;
    for (const channel of ["slack", "web_push"]) {
      const id = `${clientOrderId}:${NOW}:0:${channel}`;
      const send = { id, clientOrderId, channel, openedAt: NOW, step: 0, nextTryAt: NOW };
      book.rows.set(id, { ...send, state: "sent", devicesLeft: null, attempts: 1, error: null });
    }
  }
  return book;
}

test("one pass stays within what the platform grants one call, whatever stands open and however many devices there are", async () => {
  const gone = pushThat(() => 410);
  const slack = slackThat();
  for (const { channel, counted } of [
    gone,
    { channel: slack.channel, counted: { requests: 50, statements: 0, atOnceMax: ALERT_LANES } },
  ]) {
    const books = [crowd("letter"), crowd("incident")];
    expect(await pass(books, channel)).toBe(0);
    const statements = books.reduce((sum, book) => sum + book.statements, counted.statements);
    expect(statements + counted.requests).toBeLessThan(SUBREQUESTS_MAX / 2);
    expect(counted.atOnceMax).toBeLessThan(CONNECTIONS_MAX);
  }
  expect(gone.counted.requests).toBe(PUSH_DEVICES_MAX);
  expect(slack.asked).toHaveLength(50);
});

test("with forty devices and eighty dead letters every device is told of each, once, in passes that go on where the last ended", async () => {
  const { channel, counted } = pushThat(() => 201, 40);
  const book = memoryBook(letters(80));
  let passes = 1;
  while ((await pass([book], channel)) === 0) passes += 1;
  expect(counted.requests).toBe(80 * 40);
  expect(passes).toBe(80);
  expect([...book.rows.values()].filter(({ state }) => state === "sent")).toHaveLength(80);
});

test("what a pass left is told by the next, each once, and then it rests", async () => {
  const { asked, channel } = slackThat();
  const book = memoryBook(letters(120));
  expect(await pass([book], channel)).toBe(0);
  expect(asked).toHaveLength(50);
  expect(await pass([book], channel)).toBe(0);
  expect(await pass([book], channel)).toBe(null);
  expect(new Set(asked).size).toBe(120);
  expect(asked).toHaveLength(120);
});

test("dead letters and incidents take turns, what nobody was told of first and of that the critical", async () => {
  const { asked, channel } = slackThat();
  const told = memoryBook([letter("old")]);
  await pass([told], channel);
  const open = [letter("doubt"), letter("minor", "rejected"), letter("old")];
  const desk = memoryBook(open);
  for (const [id, row] of told.rows) desk.rows.set(id, row);
  const incident = (id: string) => ({ ...letter(id), incident: id, severity: "critical" as const });
  asked.length = 0;
  const later = NOW + 5 * MINUTE_MS;
  const bare = ["bare-1", "bare-2", "bare-3"];
  await pass([desk, memoryBook(bare.map(incident))], channel, later);
  expect(asked).toEqual(["doubt", ...bare, "minor", "old"]);
});

test("a channel tells its own steps and no other's, at their times, whatever the others have told", async () => {
  const on = new Set(["slack", "voice"] as const);
  const { asked, channel } = slackThat();
  const call: Channel = { ...channel, name: "voice" };
  const book = memoryBook([letter("letter-0")]);
  const told = async (by: Channel, minutes: number): Promise<number> => {
    asked.length = 0;
    const now = () => NOW + minutes * MINUTE_MS;
    await tellPeople({ books: [book], channel: by, on, link: null, now, log: () => {} });
    return asked.length;
  };
  expect([await told(call, 0), await told(channel, 0), await told(channel, 2)]).toEqual([0, 1, 0]);
  expect([await told(call, 2), await told(call, 3), await told(channel, 5)]).toEqual([1, 0, 1]);
});

test("a receiver that asks for a pause gets it, and what was not begun waits without having been tried", async () => {
  const slow = { mayRetry: true, reason: "answered 429", status: 429, pauseMs: 2_000 };
  const answers: Record<string, SendFailure> = { "letter-7": slow };
  const { asked, channel } = slackThat(answers);
  const book = memoryBook(letters(40));
  expect(await pass([book], channel)).toBe(2_000);
  expect(asked.length).toBeLessThanOrEqual(8 + ALERT_LANES);
  expect(book.rows.size).toBe(asked.length);
  delete answers["letter-7"];
  expect(await pass([book], channel, NOW + 2_000)).toBe(null);
  expect(await pass([book], channel, NOW + MINUTE_MS)).toBe(null);
  expect([...book.rows.values()].filter(({ state }) => state === "sent")).toHaveLength(40);
});

test("a database that takes no message is not hurried: the next minute looks again", async () => {
  const { asked, channel } = slackThat();
  const book = memoryBook(letters(120));
  const down = { ...book, claim: () => Promise.reject(new Error("D1 is down")) };
  expect(await pass([down], channel)).toBe(null);
  expect(asked).toEqual([]);
});

test("a device that failed is tried again alone, and when it is given up the message was told all the same", async () => {
  const { channel, counted } = pushThat((device) => (device === "2" ? 201 : 503), 3);
  const book = memoryBook([letter("letter-0")]);
  await pass([book], channel);
  const row = () => [...book.rows.values()][0];
  expect(row()).toMatchObject({ state: "pending", devicesLeft: ["device-0", "device-1"] });
  for (const minutes of [1, 2, 4]) await pass([book], channel, NOW + minutes * MINUTE_MS);
  expect(counted.requests).toBe(3 + 3 * 2);
  expect(row()).toMatchObject({ state: "sent", error: expect.stringContaining("not reached: 2") });
});

test("a message is held for longer than sending it can take", () => {
  for (const requests of [1, PUSH_DEVICES_MAX])
    expect(claimMs(requests)).toBeGreaterThan((requests / ALERT_LANES) * ALERT_SEND_MS_MAX);
});
