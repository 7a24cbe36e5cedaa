/**
 * A notification on every device that a person signed up (RFC 8030), sealed for that device alone (RFC 8291)
 * and signed as this deployment's (RFC 8292). A device is forgotten when its push service no longer knows it, or
 * nothing can ever be sealed for its key.
 */
import { buildPushPayload } from "@block65/webcrypto-web-push";
import { base64url } from "jose";
import { errorText, type Log } from "../application/log.ts";
import { ALERT_LANES, PUSH_DEVICES_MAX } from "../domain/alert-limits.ts";
import { err, ok, type Result } from "../domain/result.ts";
import {
  post,
  textOf,
  titleOf,
  type AlertMessage,
  type Channel,
  type Fetch,
  type SendFailure,
} from "./channel.ts";
import { inLanes } from "./in-lanes.ts";

export interface PushKeys {
  /** `mailto:` or `https:`: whom a push service may ask about us. */
  subject: string;
  /** A P-256 point, uncompressed, in base64url: what browsers sign up with. */
  publicKey: string;
  /** Its secret scalar in base64url. */
  privateKey: string;
}

/** A browser on a device, as it signed itself up. */
export interface PushDevice {
  id: string;
  /** Its address at the push service: whoever knows it can only send what is signed with our key. */
  endpoint: string;
  p256dh: string;
  auth: string;
}

export interface PushDevices {
  all(): Promise<PushDevice[]>;
  /** The push service says that it is gone for good. */
  forget(endpoint: string): Promise<void>;
}

/** How long a push service keeps a message for a device that is off: an alert from yesterday helps nobody. */
const KEPT_SECONDS = 3_600;

/** What fits into one message besides its seal: a push service need not take more than 4,096 bytes (RFC 8030 §7.2). */
const PUSH_BYTES_MAX = 3_993;

/** Of title and tag each, so that most of the room is the body's. */
const LINE_BYTES_MAX = 500;

/** Room for an id that is percent-encoded; one that is longer still opens the page that lists it. */
const PATH_BYTES_MAX = 1_500;

/** What the device shows, and the page of the dashboard that it opens when it is touched; `tag` makes a later telling of the same order replace the one before. */
export function formatPush(message: AlertMessage): string {
  const title = shortened(titleOf(message), LINE_BYTES_MAX);
  const tag = shortened(message.clientOrderId, LINE_BYTES_MAX);
  // A path that was cut would name something else: of one too long its page is left.
  const [page = ""] = message.path.split("?");
  const path = bytesInside(message.path) <= PATH_BYTES_MAX ? message.path : page;
  const written = (body: string): string => JSON.stringify({ title, body, tag, path });
  const room = PUSH_BYTES_MAX - utf8.encode(written("")).byteLength;
  return written(shortened(textOf(message), room));
}

const utf8 = new TextEncoder();

/** As it is counted inside of JSON, where a line's end or a quote takes more than itself. */
const bytesInside = (text: string): number => utf8.encode(JSON.stringify(text)).byteLength - 2;

/** Its beginning in whole characters when it is longer: what is said first says what it is about. */
function shortened(text: string, bytesMax: number): string {
  if (bytesInside(text) <= bytesMax) return text;
  let room = bytesMax - bytesInside("…");
  let end = 0;
  for (const character of text) {
    room -= bytesInside(character);
    if (room < 0) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

export interface PushParts {
  fetch: Fetch;
  devices: PushDevices;
  log: Log;
}

export const webPush = (parts: PushParts, keys: PushKeys): Channel => ({
  name: "web_push",
  requestsMax: PUSH_DEVICES_MAX,
  async send(message, _now, devicesLeft = null) {
    const all = await parts.devices.all();
    const devices = devicesLeft === null ? all : all.filter(({ id }) => devicesLeft.includes(id));
    // Who is left may have gone meanwhile: the others were told.
    if (devicesLeft !== null && devices.length === 0) return ok(null);
    if (devices.length === 0) return err({ mayRetry: false, reason: "no device is signed up" });
    const answers = await inLanes(devices, ALERT_LANES, async (device) => ({
      id: device.id,
      answer: await sendTo(parts, keys, device, message),
    }));
    return ofAll(answers, devicesLeft !== null);
  },
});

/** Told when each device took it or never will. Where some did, only those are left that may yet take it: nobody is told twice. */
function ofAll(
  answers: { id: string; answer: Result<null, SendFailure> }[],
  wereOthersTold: boolean,
): Result<null, SendFailure> {
  const failures = answers.flatMap(({ id, answer }) =>
    answer.ok ? [] : [{ id, ...answer.error }],
  );
  const left = failures.filter(({ mayRetry }) => mayRetry).map(({ id }) => id);
  const mayRetry = left.length > 0;
  const reasons = [...new Set(failures.map(({ reason }) => reason))].join(", ");
  if (failures.length === answers.length && !wereOthersTold)
    return err({ mayRetry, reason: `no device was reached: ${reasons}` });
  if (!mayRetry) return ok(null);
  const reason = `not reached: ${left.length} of the devices: ${reasons}`;
  return err({ mayRetry, reason, devicesLeft: left });
}

async function sendTo(
  parts: PushParts,
  keys: PushKeys,
  device: PushDevice,
  message: AlertMessage,
): Promise<Result<null, SendFailure>> {
  const { endpoint, p256dh, auth } = device;
  let sealed: Awaited<ReturnType<typeof buildPushPayload>>;
  try {
    sealed = await buildPushPayload(
      { data: formatPush(message), options: { ttl: KEPT_SECONDS, urgency: "high" } },
      { endpoint, expirationTime: null, keys: { p256dh, auth } },
      keys,
    );
  } catch {
    return notSealed(parts, device);
  }
  const { "content-length": _length, ...headers } = sealed.headers;
  const answer = await post(parts.fetch, endpoint, { headers, body: sealed.body });
  if (answer.ok) return ok(null);
  if (answer.error.status === 404 || answer.error.status === 410) await forget(parts, device);
  return answer;
}

/**
 * A device is forgotten only for its own key. Whatever else keeps a message from being sealed concerns every
 * device, and is put right at this deployment: nobody should have to sign up again for it.
 */
async function notSealed(parts: PushParts, device: PushDevice): Promise<Result<null, SendFailure>> {
  if (await canBeSealedFor(device))
    return err({
      mayRetry: false,
      reason: "it could not be signed or sealed: do the two WEB_PUSH keys belong together?",
    });
  await forget(parts, device);
  return err({ mayRetry: false, reason: "a device's key is unusable" });
}

/** Its key is a point of the curve, and its secret as long as RFC 8291 has it. */
async function canBeSealedFor({ p256dh, auth }: PushDevice): Promise<boolean> {
  try {
    const algorithm = { name: "ECDH", namedCurve: "P-256" };
    const point = new Uint8Array(base64url.decode(p256dh));
    await crypto.subtle.importKey("raw", point, algorithm, false, []);
    return point.byteLength === 65 && base64url.decode(auth).byteLength === 16;
  } catch {
    return false;
  }
}

/** One that stays on the list for now is found gone by the next message: that nobody else is told twice for. */
async function forget({ devices, log }: PushParts, { endpoint }: PushDevice): Promise<void> {
  try {
    await devices.forget(endpoint);
  } catch (error) {
    log("error", "push_device_not_forgotten", { error: errorText(error) });
  }
}
