/** Which channels are set up. Each is read by itself: a wrong setting of one turns off that one, and says so by name, never by value. */
import { z } from "zod";
import { CHANNELS, type Channel, type ChannelName } from "./channel.ts";
import { email } from "./email.ts";
import { slack } from "./slack.ts";
import { sms } from "./sms.ts";
import { voice } from "./voice.ts";
import { webPush, type PushKeys, type PushParts } from "./web-push.ts";
import { webhook } from "./webhook.ts";

const url = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname } = new URL(text);
    return protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1";
  }, "must be https")
  .transform((text) => text.replace(/\/$/, ""));

const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, "must be a number like +14155550123");

/** A token that goes into a header. */
const token = z
  .string()
  .regex(/^[\x21-\x7e]{8,500}$/, "must be 8 to 500 characters without spaces");

const mailbox = z.string().trim().min(3).max(320).includes("@");

const twilio = {
  TWILIO_API_URL: url.default("https://api.twilio.com"),
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-f]{32}$/, "must be AC and 32 hex digits"),
  TWILIO_AUTH_TOKEN: token,
  TWILIO_FROM: phone,
};

const slackSettings = z.object({ SLACK_WEBHOOK_URL: url });

const webhookSettings = z.object({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: token });

/** Base64url of so many bytes, without padding. */
const bytes = (count: number, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((count * 4) / 3)}}$`),
      `must be ${what} of ${count} bytes in base64url`,
    );

const pushSettings = z.object({
  WEB_PUSH_PUBLIC_KEY: bytes(65, "a P-256 point").startsWith("B"),
  WEB_PUSH_PRIVATE_KEY: bytes(32, "a P-256 key"),
  WEB_PUSH_SUBJECT: z.string().regex(/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/),
});

const pushKeysOf = (set: z.output<typeof pushSettings>): PushKeys => ({
  subject: set.WEB_PUSH_SUBJECT,
  publicKey: set.WEB_PUSH_PUBLIC_KEY,
  privateKey: set.WEB_PUSH_PRIVATE_KEY,
});

const emailSettings = z.object({
  EMAIL_API_URL: url.default("https://api.resend.com/emails"),
  EMAIL_API_KEY: token,
  EMAIL_FROM: mailbox,
  EMAIL_TO: z
    .string()
    .transform((text) => text.split(",").map((each) => each.trim()))
    .pipe(z.array(mailbox).min(1).max(50)),
});

const smsSettings = z.object({ ...twilio, ALERT_SMS_TO: phone });

const voiceSettings = z.object({ ...twilio, ALERT_VOICE_TO: phone });

const twilioOf = (set: z.output<typeof smsSettings | typeof voiceSettings>, to: string) => ({
  url: set.TWILIO_API_URL,
  accountSid: set.TWILIO_ACCOUNT_SID,
  authToken: set.TWILIO_AUTH_TOKEN,
  from: set.TWILIO_FROM,
  to,
});

type Made = { ok: true; channel: Channel } | { ok: false; error: z.ZodError };

interface Kind {
  /** The one setting that says that the channel is wanted. */
  wanted: string;
  make: (env: unknown, parts: ChannelParts) => Made;
}

/** What channels need beside their settings. */
export type ChannelParts = PushParts;

function kind<T extends z.ZodType>(
  wanted: string,
  schema: T,
  make: (parts: ChannelParts, set: z.output<T>) => Channel,
): Kind {
  return {
    wanted,
    make(env, parts) {
      const parsed = schema.safeParse(env);
      if (!parsed.success) return { ok: false, error: parsed.error };
      return { ok: true, channel: make(parts, parsed.data) };
    },
  };
}

const KINDS: Record<ChannelName, Kind> = {
  slack: kind("SLACK_WEBHOOK_URL", slackSettings, ({ fetch }, set) =>
    slack(fetch, { url: set.SLACK_WEBHOOK_URL }),
  ),
  webhook: kind("ALERT_WEBHOOK_URL", webhookSettings, ({ fetch }, set) =>
    webhook(fetch, { url: set.ALERT_WEBHOOK_URL, secret: set.ALERT_WEBHOOK_SECRET }),
  ),
  web_push: kind("WEB_PUSH_PUBLIC_KEY", pushSettings, (parts, set) =>
    webPush(parts, pushKeysOf(set)),
  ),
  email: kind("EMAIL_TO", emailSettings, ({ fetch }, set) =>
    email(fetch, {
      url: set.EMAIL_API_URL,
      key: set.EMAIL_API_KEY,
      from: set.EMAIL_FROM,
      to: set.EMAIL_TO,
    }),
  ),
  sms: kind("ALERT_SMS_TO", smsSettings, ({ fetch }, set) =>
    sms(fetch, twilioOf(set, set.ALERT_SMS_TO)),
  ),
  voice: kind("ALERT_VOICE_TO", voiceSettings, ({ fetch }, set) =>
    voice(fetch, twilioOf(set, set.ALERT_VOICE_TO)),
  ),
};

export interface ChannelState {
  name: ChannelName;
  /** `wrong`: wanted, but a setting is malformed or missing. */
  state: "on" | "off" | "wrong";
  /** The settings that are wrong, by name. */
  settings: string[];
}

export interface Channels {
  channels: Channel[];
  states: ChannelState[];
  /** Where people reach the dashboard; null when nobody has said. */
  link: string | null;
  /** What browsers sign up with; null unless web push is on. */
  pushKey: string | null;
}

/** Reads the channels from the environment. Empty text is the same as unset. */
export function channelsOf(env: object, parts: ChannelParts): Channels {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const channels: Channel[] = [];
  const states = CHANNELS.map((name): ChannelState => {
    const { wanted, make } = KINDS[name];
    if (given[wanted] === undefined) return { name, state: "off", settings: [] };
    const made = make(given, parts);
    if (made.ok) {
      channels.push(made.channel);
      return { name, state: "on", settings: [] };
    }
    const settings = new Set(made.error.issues.map(({ path }) => String(path[0])));
    return { name, state: "wrong", settings: [...settings] };
  });
  const link = url.safeParse(given["DASHBOARD_URL"]);
  const push = pushSettings.safeParse(given);
  return {
    channels,
    states,
    link: link.success ? link.data : null,
    pushKey: push.success ? push.data.WEB_PUSH_PUBLIC_KEY : null,
  };
}
