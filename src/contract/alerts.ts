/** How people are told: the channels and the devices that were signed up, as they cross the API. */
import { z } from "zod";
import { timestamp } from "./primitives.ts";

export const alertChannelView = z.object({
  name: z.string(),
  /** `wrong`: wanted, but a setting is malformed or missing. */
  state: z.enum(["on", "off", "wrong"]),
  /** The settings that are wrong, by name. */
  settings: z.array(z.string()),
});

export const pushDeviceView = z.object({
  id: z.string(),
  name: z.string(),
  /** Who signed it up. */
  person: z.string(),
  createdAt: timestamp,
});

export type PushDeviceView = z.infer<typeof pushDeviceView>;

export const alertsView = z.object({
  channels: z.array(alertChannelView),
  push: z.object({
    /** What a browser signs up with; null while web push is off. */
    publicKey: z.string().nullable(),
    devices: z.array(pushDeviceView),
  }),
});

export type AlertsView = z.infer<typeof alertsView>;

/**
 * The push services of the browsers. An endpoint elsewhere is refused: whoever may sign a device up must
 * not be able to make the platform call any address.
 */
export const PUSH_SERVICES = [
  "fcm.googleapis.com",
  "push.services.mozilla.com",
  "notify.windows.com",
  "push.apple.com",
] as const;

/** Neither a port nor a user may stand in it: `https://`, the host, a path. */
const ENDPOINT = /^https:\/\/([a-z0-9.-]+)\/[\x21-\x7e]*$/;

function isPushService(text: string): boolean {
  const [, hostname = ""] = ENDPOINT.exec(text) ?? [];
  return PUSH_SERVICES.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

const base64url = (length: number, what: string) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${length}}$`), `must be ${what} in base64url`);

/** `PushSubscription.toJSON()` of a browser, with a name for the device. */
export const pushDeviceRequest = z.strictObject({
  name: z.string().trim().min(1).max(60),
  endpoint: z
    .string()
    .max(1_000)
    .refine(isPushService, `must be an address at one of ${PUSH_SERVICES.join(", ")}`),
  keys: z.strictObject({
    /** An uncompressed P-256 point: 65 bytes that begin with 4. */
    p256dh: base64url(87, "a P-256 point of 65 bytes").startsWith("B"),
    auth: base64url(22, "16 bytes"),
  }),
});

export type PushDeviceRequest = z.infer<typeof pushDeviceRequest>;
