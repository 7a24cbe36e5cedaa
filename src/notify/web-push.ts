/**
 * A notification on every device that a person signed up (RFC 8030), sealed for that device alone (RFC 8291)
 * and signed as this deployment's (RFC 8292). A device that its push service no longer knows is forgotten.
 */
import { buildPushPayload } from "@block65/webcrypto-web-push";
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

/** What the device shows; `tag` makes a later telling of the same order replace the one before. */
export const formatPush = (message: AlertMessage): string =>
  JSON.stringify({
    title: titleOf(message),
    body: textOf(message),
    tag: message.clientOrderId,
    link: message.link,
  });

export const webPush = (fetch: Fetch, keys: PushKeys, devices: PushDevices): Channel => ({
  name: "web_push",
  async send(message) {
    const all = await devices.all();
    if (all.length === 0) return err({ mayRetry: false, reason: "no device is signed up" });
    const answers = await Promise.all(
      all.map((device) => sendTo(fetch, keys, devices, device, message)),
    );
    return ofAll(answers);
  },
});

/** Told when one device took it. Only when none did is it tried again: the others would be told twice. */
function ofAll(answers: Result<null, SendFailure>[]): Result<null, SendFailure> {
  const failures = answers.flatMap((answer) => (answer.ok ? [] : [answer.error]));
  if (failures.length < answers.length) return ok(null);
  const mayRetry = failures.some((failure) => failure.mayRetry);
  const reasons = [...new Set(failures.map(({ reason }) => reason))];
  return err({ mayRetry, reason: `no device was reached: ${reasons.join(", ")}` });
}

async function sendTo(
  fetch: Fetch,
  keys: PushKeys,
  devices: PushDevices,
  { endpoint, p256dh, auth }: PushDevice,
  message: AlertMessage,
): Promise<Result<null, SendFailure>> {
  let sealed: Awaited<ReturnType<typeof buildPushPayload>>;
  try {
    sealed = await buildPushPayload(
      { data: formatPush(message), options: { ttl: KEPT_SECONDS, urgency: "high" } },
      { endpoint, expirationTime: null, keys: { p256dh, auth } },
      keys,
    );
  } catch {
    // A key that is no point of the curve: nothing can ever be sealed for it.
    await devices.forget(endpoint);
    return err({ mayRetry: false, reason: "a device's key is unusable" });
  }
  const { "content-length": _length, ...headers } = sealed.headers;
  const answer = await post(fetch, endpoint, { headers, body: sealed.body });
  if (answer.ok) return ok(null);
  if (answer.error.status === 404 || answer.error.status === 410) await devices.forget(endpoint);
  return answer;
}
