/** Status, dead letters, watchlist, keys, audit and the operator's profile as they cross the API. */
import { z } from "zod";
import { orderView } from "./orders.ts";
import {
  decimalOutput,
  instrumentId,
  pageQuery,
  positiveDecimalInput,
  reason,
  timestamp,
  tradingAlgoId,
} from "./primitives.ts";

export const SCOPES_OF_KEYS = ["read", "trade", "host", "admin"] as const;

export type KeyScope = (typeof SCOPES_OF_KEYS)[number];

export const healthView = z.object({
  status: z.literal("ok"),
  version: z.string(),
  time: timestamp,
});

export const componentView = z.object({
  name: z.string(),
  state: z.enum(["ok", "degraded", "down", "unknown"]),
  message: z.string(),
});

export const statusView = z.object({
  state: z.enum(["ok", "degraded", "down"]),
  time: timestamp,
  environment: z.string(),
  components: z.array(componentView),
  feed: z.object({ instruments: z.number(), ticksPerSecond: z.number(), sockets: z.number() }),
});

export type StatusView = z.infer<typeof statusView>;

export const SEND_RECORDS = [
  "none",
  "recorded",
  "not_sent",
  "accepted",
  "rejected",
  "unknown",
  "stopped",
] as const;

export const alertSendView = z.object({
  channel: z.string(),
  /** The step of the escalation, from 1. */
  step: z.number().int(),
  state: z.enum(["pending", "sent", "failed"]),
  attempts: z.number().int(),
  /** Why the last attempt failed; never what was sent, nor to where. */
  error: z.string().nullable(),
  updatedAt: timestamp,
});

export type AlertSendView = z.infer<typeof alertSendView>;

export const deadLetterView = z.object({
  clientOrderId: z.string(),
  algoId: z.string(),
  instrument: z.string(),
  label: z.enum(["not_sent", "rejected", "unknown"]),
  reason: z.string(),
  attempts: z.number().int(),
  intent: z.record(z.string(), z.unknown()),
  status: z.enum(["open", "closed"]),
  createdAt: timestamp,
  /** Who has taken it on, so that nobody else is called; null while nobody has. */
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: timestamp.nullable(),
});

export type DeadLetterView = z.infer<typeof deadLetterView>;

export const deadLettersQuery = pageQuery.extend({ status: z.enum(["open", "closed"]).optional() });

export type DeadLettersQuery = z.infer<typeof deadLettersQuery>;

/** A dead letter with all that is known of it, and what the broker says now. */
export const deadLetterDetail = z.object({
  letter: deadLetterView,
  order: orderView,
  lookUp: z.object({
    at: timestamp,
    /** Null when the broker could not be asked, which proves nothing. */
    found: z.boolean().nullable(),
    /** What the gateway wrote down of its own sending. */
    record: z.enum(SEND_RECORDS),
    attempts: z.number().int(),
    brokerOrder: z
      .object({
        brokerOrderId: z.string(),
        state: z.string(),
        quantity: decimalOutput,
        filledQuantity: decimalOutput,
      })
      .nullable(),
  }),
  /** What people were sent about it, oldest first. */
  sends: z.array(alertSendView),
});

export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;

export const executedRequest = z.strictObject({
  /** The broker's own id of the order that was placed by hand. */
  brokerOrderId: z
    .string()
    .trim()
    .regex(
      /^[\x21-\x7e]{1,64}$/,
      "must be the broker's order id: 1 to 64 characters without spaces",
    ),
  price: positiveDecimalInput,
  quantity: positiveDecimalInput,
  reason,
});

export const discardRequest = z.strictObject({ reason });

export const watchlistItem = z.strictObject({
  instrument: instrumentId,
  /** A parameter that algos may read; 1 is neutral. */
  weight: z.number().min(0).max(1_000).default(1),
});

export type WatchlistItem = z.infer<typeof watchlistItem>;

export const watchlistRequest = z.strictObject({
  items: z
    .array(watchlistItem)
    .max(500)
    .refine((items) => new Set(items.map((item) => item.instrument)).size === items.length, {
      message: "must name each instrument once",
    }),
});

export const watchlistView = z.object({
  items: z.array(watchlistItem),
  /** Empty, and 0, until somebody has set the list. */
  changedBy: z.string(),
  changedAt: timestamp,
});

export type WatchlistView = z.infer<typeof watchlistView>;

export const keyRequest = z
  .strictObject({
    name: z.string().trim().min(1).max(60),
    scopes: z
      .array(z.enum(SCOPES_OF_KEYS))
      .min(1)
      .transform((scopes) => [...new Set(scopes)]),
    /** Needed for `trade` without `admin`: the key acts as this algo and no other. */
    algoId: tradingAlgoId.optional(),
  })
  .refine(
    ({ scopes, algoId: bound }) =>
      bound !== undefined || !scopes.includes("trade") || scopes.includes("admin"),
    { path: ["algoId"], message: "is needed for a key that may trade" },
  );

export const keyView = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES_OF_KEYS)),
  algoId: z.string().nullable(),
  createdAt: timestamp,
  revokedAt: timestamp.nullable(),
});

export type KeyView = z.infer<typeof keyView>;

/** The only time the key itself is shown. */
export const newKeyView = keyView.extend({ key: z.string() });

export const auditView = z.object({
  id: z.number().int(),
  at: timestamp,
  by: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.string().nullable(),
});

export type AuditView = z.infer<typeof auditView>;

export const shortcut = z.strictObject({
  label: z.string().trim().min(1).max(40),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9/_:%.-]{0,100}$/, "must be a path of the dashboard, e.g. /market"),
});

export const profileRequest = z.strictObject({
  displayName: z.string().trim().min(1).max(60),
  theme: z.enum(["light", "dark", "auto"]),
  shortcuts: z.array(shortcut).max(12),
});

/** What a person has set for themselves. */
export const profileSettings = z.object({
  /** Empty until the person has given one. */
  displayName: z.string(),
  theme: z.enum(["light", "dark", "auto"]),
  shortcuts: z.array(shortcut),
});

export type OperatorSettings = z.infer<typeof profileSettings>;

export const profileView = profileSettings.extend({ email: z.string() });

export type ProfileView = z.infer<typeof profileView>;
