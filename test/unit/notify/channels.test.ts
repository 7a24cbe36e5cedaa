/** Each channel against a counterpart on loopback that checks what it receives, as the real one would. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ALERT_SEND_MS_MAX } from "../../../src/domain/alert-limits.ts";
import {
  CHANNELS,
  post,
  type AlertMessage,
  type ChannelName,
  type Fetch,
} from "../../../src/notify/channel.ts";
import { channelsOf, type ChannelParts } from "../../../src/notify/settings.ts";
import { newBrowser, newPushKeys } from "../../support/push-service.ts";

interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let server: Server;
let origin: string;
let received: Received[];
/** What the counterpart answers next; after the last, 200. */
let answers: number[];

beforeEach(async () => {
  received = [];
  answers = [];
  server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (part: Buffer) => (body += part.toString()));
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      received.push({ method, path, headers, body });
      const status = answers.shift() ?? 200;
      if (status === 0) incoming.socket.destroy();
      else outgoing.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("ok");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((done) => server.close(done)));

const SID = `AC${"0a".repeat(16)}`;
const PUSH_KEYS = newPushKeys();
const SECRETS = [
  PUSH_KEYS.privateKey,
  "/device",
  "hook-secret",
  "mail-key-1",
  "twilio-token",
  "signing-secret",
];

const everySetting = () => ({
  SLACK_WEBHOOK_URL: `${origin}/services/hook-secret`,
  ALERT_WEBHOOK_URL: `${origin}/alerts`,
  ALERT_WEBHOOK_SECRET: "signing-secret",
  WEB_PUSH_PUBLIC_KEY: PUSH_KEYS.publicKey,
  WEB_PUSH_PRIVATE_KEY: PUSH_KEYS.privateKey,
  WEB_PUSH_SUBJECT: "mailto:desk@example.com",
  EMAIL_API_URL: `${origin}/emails`,
  EMAIL_API_KEY: "mail-key-1",
  EMAIL_FROM: "desk@example.com",
  EMAIL_TO: "ann@example.com, bob@example.com",
  TWILIO_API_URL: origin,
  TWILIO_ACCOUNT_SID: SID,
  TWILIO_AUTH_TOKEN: "twilio-token",
  TWILIO_FROM: "+14155550100",
  ALERT_SMS_TO: "+14155550101",
  ALERT_VOICE_TO: "+14155550102",
});

/** The push service is on loopback; only its host differs. */
const SERVICE = "https://fcm.googleapis.com";

const parts = (): ChannelParts => ({
  fetch: (url, init) => fetch(url.replace(SERVICE, origin), init),
  devices: {
    all: async () => [{ id: "d", endpoint: `${SERVICE}/device`, ...newBrowser().keys }],
    forget: async () => {},
  },
  log: () => {},
});

const MESSAGE: AlertMessage = {
  sendId: "order-1:5:0:x",
  clientOrderId: "order-1",
  algoId: "momentum",
  instrument: "NSE:M&M",
  order: "buy 10 NSE:M&M limit",
  label: "unknown",
  reason: 'no answer <b>"now"</b>',
  openedAt: 5,
  step: 0,
  path: "/orders/dead-letters?letter=order-1",
  link: "https://desk.example.com/orders/dead-letters?letter=order-1",
};

const NOW = 1_700_000_000_999;

async function sendBy(name: ChannelName) {
  const { channels } = channelsOf(everySetting(), parts());
  const channel = channels.find((each) => each.name === name);
  if (!channel) throw new Error(`${name} is not set up`);
  const result = await channel.send(MESSAGE, NOW);
  const request = received.at(-1);
  if (!request) throw new Error(`${name} sent nothing`);
  return { result, request };
}

const basic = `Basic ${Buffer.from(`${SID}:twilio-token`).toString("base64")}`;

const sign = (text: string): string =>
  createHmac("sha256", "signing-secret").update(text).digest("hex");

describe("what is received", () => {
  test("slack gets its text as JSON, with its three special characters escaped", async () => {
    const { request } = await sendBy("slack");
    expect(request).toMatchObject({ method: "POST", path: "/services/hook-secret" });
    const { text } = JSON.parse(request.body) as { text: string };
    expect(text).toContain("Order has an unknown outcome: buy 10 NSE:M&amp;M limit");
    expect(text).toContain('no answer &lt;b&gt;"now"&lt;/b&gt;');
  });

  test("the webhook's signature covers the time and the body, and fails for any other", async () => {
    const { request } = await sendBy("webhook");
    const header = request.headers["trunkline-signature"];
    expect(header).toBe(`t=1700000000,v1=${sign(`1700000000.${request.body}`)}`);
    expect(header).not.toContain(sign(`1700000001.${request.body}`));
    expect(JSON.parse(request.body)).toEqual({ type: "dead_letter", ...MESSAGE });
  });

  test("email carries the key, every receiver, and an id that drops doubles", async () => {
    const { request } = await sendBy("email");
    expect(request).toMatchObject({ method: "POST", path: "/emails" });
    expect(request.headers).toMatchObject({
      authorization: "Bearer mail-key-1",
      "idempotency-key": MESSAGE.sendId,
    });
    expect(JSON.parse(request.body)).toMatchObject({
      from: "desk@example.com",
      to: ["ann@example.com", "bob@example.com"],
      subject: "Order has an unknown outcome: buy 10 NSE:M&M limit",
    });
  });

  test("sms is a form with basic auth", async () => {
    const { request } = await sendBy("sms");
    expect(request.path).toBe(`/2010-04-01/Accounts/${SID}/Messages.json`);
    expect(request.headers).toMatchObject({
      authorization: basic,
      "content-type": "application/x-www-form-urlencoded",
    });
    const form = Object.fromEntries(new URLSearchParams(request.body));
    expect(form).toMatchObject({ From: "+14155550100", To: "+14155550101" });
    expect(form["Body"]).toContain("Why: no answer");
  });

  test("voice reads escaped words to its own number", async () => {
    const { request } = await sendBy("voice");
    expect(request.path).toBe(`/2010-04-01/Accounts/${SID}/Calls.json`);
    expect(request.headers.authorization).toBe(basic);
    const form = Object.fromEntries(new URLSearchParams(request.body));
    expect(form).toMatchObject({ From: "+14155550100", To: "+14155550102" });
    expect(form["Twiml"]).toMatch(
      /^<Response><Say loop="2">[^<]*NSE:M&amp;M[^<]*<\/Say><\/Response>$/,
    );
  });
});

const breakOff = (body: ReadableStreamDefaultController): void =>
  body.error(new Error("the connection was reset"));

describe("what an answer means", () => {
  test.each(
    CHANNELS.flatMap((name) =>
      [
        [200, null],
        [204, null],
        [0, true],
        [408, true],
        [429, true],
        [500, true],
        [503, true],
        [400, false],
        [401, false],
        [404, false],
        [302, false],
      ].map(([status, mayRetry]) => [name, status, mayRetry] as const),
    ),
  )("%s answered %s: may be retried %s", async (name, status, mayRetry) => {
    answers = [Number(status)];
    const { result } = await sendBy(name);
    expect(result.ok ? null : result.error.mayRetry).toBe(mayRetry);
    // A redirect is not followed: it would carry the message elsewhere.
    expect(received).toHaveLength(1);
    for (const secret of SECRETS) expect(JSON.stringify(result)).not.toContain(secret);
  });

  test.each([
    [200, null],
    [503, true],
    [400, false],
  ])(
    "%s is the answer, though the connection breaks off in what follows it",
    async (status, mayRetry) => {
      const answer = async () => new Response(new ReadableStream({ start: breakOff }), { status });
      const result = await post(answer, origin, { headers: {}, body: "" });
      expect(result.ok ? null : result.error.mayRetry).toBe(mayRetry);
    },
  );
});

test.each([
  ["3", 3_000],
  ["0", 1_000],
  ["86400", 60_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 60_000],
  [null, 60_000],
])("a receiver that says 429 and %s is left alone for %s ms", async (after, pauseMs) => {
  const headers: Record<string, string> = after === null ? {} : { "retry-after": after };
  const answer = async () => new Response("", { status: 429, headers });
  const result = await post(answer, origin, { headers: {}, body: "" });
  expect(result).toMatchObject({ error: { mayRetry: true, pauseMs } });
});

const silent: Fetch = (_url, { signal }) =>
  new Promise((_answer, reject) => signal?.addEventListener("abort", () => reject(new Error())));

test("a receiver that does not answer is given up after its time, and a timer that is no longer needed goes", async () => {
  vi.useFakeTimers();
  const sent = post(silent, origin, { headers: {}, body: "" });
  await vi.advanceTimersByTimeAsync(ALERT_SEND_MS_MAX - 1);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await sent).toEqual({ ok: false, error: { mayRetry: true, reason: "no answer" } });
  await post(async () => new Response("ok"), origin, { headers: {}, body: "" });
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("settings", () => {
  test("unset or empty is off", () => {
    for (const env of [{}, { SLACK_WEBHOOK_URL: "", EMAIL_TO: "" }]) {
      const { channels, states } = channelsOf(env, parts());
      expect(channels).toEqual([]);
      expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["off"]));
    }
  });

  test("all set is all on", () => {
    const { states } = channelsOf(everySetting(), parts());
    expect(states.map(({ state }) => state)).toEqual(CHANNELS.map(() => "on"));
  });

  test.each([
    ["SLACK_WEBHOOK_URL", "http://hooks.example.com/x", "slack"],
    ["SLACK_WEBHOOK_URL", "nonsense", "slack"],
    ["ALERT_WEBHOOK_SECRET", "short", "webhook"],
    ["WEB_PUSH_PUBLIC_KEY", "short", "web_push"],
    ["WEB_PUSH_SUBJECT", "nobody", "web_push"],
    ["EMAIL_API_KEY", "with a\nline break", "email"],
    ["EMAIL_TO", "nobody", "email"],
    ["ALERT_SMS_TO", "0155", "sms"],
    ["ALERT_VOICE_TO", "+0", "voice"],
  ])("a wrong %s (%j) turns off %s alone, and is told by name only", (setting, value, name) => {
    const { states } = channelsOf({ ...everySetting(), [setting]: value }, parts());
    const wrong = states.filter(({ state }) => state !== "on");
    expect(wrong).toEqual([{ name, state: "wrong", settings: [setting] }]);
  });

  test("one missing part of a wanted channel is named", () => {
    const { states } = channelsOf({ EMAIL_TO: "ann@example.com" }, parts());
    expect(states.find(({ name }) => name === "email")).toEqual({
      name: "email",
      state: "wrong",
      settings: ["EMAIL_API_KEY", "EMAIL_FROM"],
    });
  });
});
