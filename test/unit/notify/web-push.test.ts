/** Web push against a push service on loopback that checks the signature, and a browser that opens what it gets. */
import { ECDH } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { importJWK, jwtVerify } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AlertMessage } from "../../../src/notify/channel.ts";
import {
  formatPush,
  webPush,
  type PushDevice,
  type PushKeys,
} from "../../../src/notify/web-push.ts";
import { newBrowser, newPushKeys, type Browser } from "../../support/push-service.ts";

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const SERVICE = "https://fcm.googleapis.com";
const KEYS = { ...newPushKeys(), subject: "mailto:desk@example.com" };

const MESSAGE: AlertMessage = {
  sendId: "order-1:5:0:web_push",
  clientOrderId: "order-1",
  algoId: "momentum",
  instrument: "NSE:M&M",
  order: "buy 10 NSE:M&M limit",
  label: "unknown",
  reason: "no answer",
  openedAt: 5,
  step: 0,
  path: "/orders/dead-letters?letter=order-1",
  link: "https://desk.example.com/orders/dead-letters?letter=order-1",
};

let server: Server;
let origin: string;
let received: Received[];
/** By path; 201 where nothing is said. */
let answers: Record<string, number>;
let forgotten: string[];
let forget: (endpoint: string) => Promise<void>;
let logged: string[];

beforeEach(async () => {
  received = [];
  answers = {};
  forgotten = [];
  forget = async (endpoint) => void forgotten.push(endpoint);
  logged = [];
  server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const path = incoming.url ?? "";
      received.push({ path, headers: incoming.headers, body: Buffer.concat(parts) });
      outgoing.writeHead(answers[path] ?? 201).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((done) => server.close(done)));

const deviceOf = (path: string, { keys }: Browser): PushDevice => ({
  id: `id of ${path}`,
  endpoint: `${SERVICE}${path}`,
  ...keys,
});

/** The push service is on loopback; only its host differs. */
const channelWith = (keys: PushKeys, ...devices: PushDevice[]) =>
  webPush(
    {
      fetch: (url, init) => fetch(url.replace(SERVICE, origin), init),
      devices: { all: async () => devices, forget: (endpoint) => forget(endpoint) },
      log: (_level, event) => void logged.push(event),
    },
    keys,
  );

const channel = (...devices: PushDevice[]) => channelWith(KEYS, ...devices);

test("a device opens its own message, which no other device can", async () => {
  const phone = newBrowser();
  const stranger = newBrowser();
  expect(await channel(deviceOf("/a", phone)).send(MESSAGE, 0)).toEqual({ ok: true, value: null });
  const [request] = received;
  if (!request) throw new Error("nothing was sent");
  expect(JSON.parse(phone.open(request.body))).toEqual({
    title: "Order has an unknown outcome: buy 10 NSE:M&M limit",
    body: expect.stringContaining("Why: no answer") as string,
    tag: "order-1",
    path: "/orders/dead-letters?letter=order-1",
  });
  expect(() => stranger.open(request.body)).toThrow("authenticate");
  expect(request.body.toString("latin1")).not.toContain("momentum");
  expect(request.headers).toMatchObject({
    "content-encoding": "aes128gcm",
    ttl: "3600",
    urgency: "high",
  });
});

test("the push service can prove whose message it is, and that it is meant for it", async () => {
  await channel(deviceOf("/a", newBrowser())).send(MESSAGE, 0);
  const [, token = "", key = ""] =
    /^vapid t=([^,]+), k=(.+)$/.exec(received[0]?.headers.authorization ?? "") ?? [];
  expect(key).toBe(KEYS.publicKey);
  const point = Buffer.from(key, "base64url");
  const x = point.subarray(1, 33).toString("base64url");
  const y = point.subarray(33).toString("base64url");
  const verifier = await importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256");
  const { payload } = await jwtVerify(token, verifier, { audience: SERVICE });
  expect(payload.sub).toBe("mailto:desk@example.com");
  const forged = newPushKeys();
  const other = Buffer.from(forged.publicKey, "base64url");
  const wrong = await importJWK(
    {
      kty: "EC",
      crv: "P-256",
      x: other.subarray(1, 33).toString("base64url"),
      y: other.subarray(33).toString("base64url"),
    },
    "ES256",
  );
  await expect(jwtVerify(token, wrong, { audience: SERVICE })).rejects.toThrow(
    "signature verification failed",
  );
});

test.each([404, 410])("a device that its service answers with %s is forgotten", async (status) => {
  answers["/gone"] = status;
  const gone = deviceOf("/gone", newBrowser());
  const result = await channel(gone, deviceOf("/a", newBrowser())).send(MESSAGE, 0);
  expect(result.ok).toBe(true);
  expect(forgotten).toEqual([gone.endpoint]);
});

test.each([
  ["that is gone", (device: PushDevice) => device],
  ["with an unusable key", (device: PushDevice) => ({ ...device, auth: "" })],
])("a device %s that cannot be forgotten just now has nobody told again", async (_, made) => {
  forget = () => Promise.reject(new Error("D1 is down"));
  answers["/gone"] = 410;
  const gone = made(deviceOf("/gone", newBrowser()));
  const result = await channel(gone, deviceOf("/a", newBrowser())).send(MESSAGE, 0);
  expect(result).toEqual({ ok: true, value: null });
  expect(logged).toEqual(["push_device_not_forgotten"]);
});

test.each([
  [500, true],
  [429, true],
  [400, false],
  [403, false],
])(
  "when every device is answered %s, trying again is %s, and none is forgotten",
  async (status, mayRetry) => {
    answers["/a"] = status;
    const result = await channel(deviceOf("/a", newBrowser())).send(MESSAGE, 0);
    expect(result.ok ? null : result.error.mayRetry).toBe(mayRetry);
    expect(JSON.stringify(result)).not.toContain(SERVICE);
    expect(forgotten).toEqual([]);
  },
);

test("a device that failed is told alone by the next try: those that took it are not told twice", async () => {
  const both = channel(deviceOf("/a", newBrowser()), deviceOf("/b", newBrowser()));
  answers["/b"] = 503;
  const left = { mayRetry: true, devicesLeft: ["id of /b"] };
  const reason = "not reached: 1 of the devices: answered 503";
  expect(await both.send(MESSAGE, 0)).toEqual({ ok: false, error: { ...left, reason } });
  expect(received.map(({ path }) => path).toSorted()).toEqual(["/a", "/b"]);
  received.length = 0;
  expect(await both.send(MESSAGE, 0, left.devicesLeft)).toMatchObject({ error: left });
  delete answers["/b"];
  expect(await both.send(MESSAGE, 0, left.devicesLeft)).toEqual({ ok: true, value: null });
  expect(received.map(({ path }) => path)).toEqual(["/b", "/b"]);
});

test("a device that refuses for good keeps nobody from having been told, and neither does one that signed off", async () => {
  answers["/b"] = 403;
  const both = channel(deviceOf("/a", newBrowser()), deviceOf("/b", newBrowser()));
  expect((await both.send(MESSAGE, 0)).ok).toBe(true);
  expect((await both.send(MESSAGE, 0, ["id of /gone"])).ok).toBe(true);
});

test("without a device nobody is told, and that is said", async () => {
  const result = await channel().send(MESSAGE, 0);
  expect(result).toEqual({
    ok: false,
    error: { mayRetry: false, reason: "no device is signed up" },
  });
});

/** The same point as 33 bytes, which RFC 8291 does not take. */
const compressed = (p256dh: string): string =>
  String(ECDH.convertKey(p256dh, "prime256v1", "base64url", "base64url", "compressed"));

test.each([
  ["key is no point of the curve", { p256dh: `B${"A".repeat(86)}` }],
  ["key is a compressed point", { p256dh: compressed(newBrowser().keys.p256dh) }],
  ["key is no base64", { p256dh: "?" }],
  ["secret is a byte too short", { auth: "A".repeat(20) }],
])("a device whose %s is forgotten, and stops nobody else", async (_, keys) => {
  const broken = { ...deviceOf("/x", newBrowser()), ...keys };
  const phone = newBrowser();
  const result = await channel(broken, deviceOf("/a", phone)).send(MESSAGE, 0);
  expect(result.ok).toBe(true);
  expect(forgotten).toEqual([broken.endpoint]);
  expect(received.map(({ path }) => path)).toEqual(["/a"]);
});

const incidentWith = (title: string, reason: string): AlertMessage => ({
  ...MESSAGE,
  order: title,
  incident: title,
  reason,
});

test.each([
  ["plain letters", "x"],
  ["letters of three bytes", "रु"],
  ["characters of four bytes in two halves", "📉"],
  ["quotes and line ends, which JSON writes longer", '"\n'],
  ["halves of a character, which JSON writes longest", "\ud83d"],
])("a message that is too long is cut between characters to what fits: %s", async (_, unit) => {
  const phone = newBrowser();
  for (const before of ["", ".", "..", "..."]) {
    const reason = before + unit.repeat(5_000);
    const result = await channel(deviceOf("/a", phone)).send(incidentWith("A fill", reason), 0);
    expect(result).toEqual({ ok: true, value: null });
    const sealed = received.pop();
    if (!sealed) throw new Error("nothing was sent");
    const text = phone.open(sealed.body);
    const bytes = Buffer.byteLength(text);
    expect(bytes).toBeLessThanOrEqual(3_993);
    expect(bytes).toBeGreaterThan(3_980);
    const { body } = JSON.parse(text) as { body: string };
    expect(`A fill\n${reason}`.startsWith(body.slice(0, -1))).toBe(true);
    expect(body).toMatch(/…$/);
    // No half of a character but where the message itself had one.
    expect(body.isWellFormed()).toBe(unit.isWellFormed());
  }
  expect(forgotten).toEqual([]);
});

test("a message that just fits is whole, and so is one with a title too long for any screen", () => {
  const lengthOf = (count: number): string => formatPush(incidentWith("t", "x".repeat(count)));
  const most = 3_993 - Buffer.byteLength(lengthOf(0));
  expect(lengthOf(most)).not.toContain("…");
  expect(lengthOf(most + 1)).toContain("…");
  const { title, body } = JSON.parse(formatPush(incidentWith("t".repeat(900), "why"))) as Record<
    "title" | "body",
    string
  >;
  expect(title).toBe(`${"t".repeat(497)}…`);
  expect(body).toContain("why");
});

const pathOf = (path: string): unknown =>
  (JSON.parse(formatPush({ ...MESSAGE, path })) as { path: unknown }).path;

test("what is touched opens what it is about, and the page that lists it where its id is too long", () => {
  const incident = "/system/alerts?incident=trip-algo%3Aa-7";
  expect(pathOf(incident)).toBe(incident);
  expect(pathOf(`${incident}${"%E0%A4%B0".repeat(300)}`)).toBe("/system/alerts");
});

test("keys of this deployment that do not belong together sign no device off, and are not tried again", async () => {
  const { privateKey } = newPushKeys();
  const wrong = channelWith(
    { ...KEYS, privateKey },
    deviceOf("/a", newBrowser()),
    deviceOf("/b", newBrowser()),
  );
  expect(await wrong.send(MESSAGE, 0)).toEqual({
    ok: false,
    error: {
      mayRetry: false,
      reason:
        "no device was reached: it could not be signed or sealed: do the two WEB_PUSH keys belong together?",
    },
  });
  expect(forgotten).toEqual([]);
});
