/** Brokers, their feeds and subscriptions as they cross the API. */
import { z } from "zod";
import { BROKER_LIMITS } from "../domain/broker-limits.ts";
import { DRAIN_WHEN } from "../domain/drain.ts";
import { METER_SCOPES } from "../domain/rate-limit.ts";
import { instrumentId, instrumentIds, timestamp } from "./primitives.ts";

export const SHARDS_MAX = 32;

/** A weight may be a rate in ticks a second, or a share: a million times another one is enough. */
export const WEIGHT_MAX = 1_000_000;

/** As many as the largest broker's account holds on all its connections. */
export const WEIGHTS_MAX = 32_000;

export const feedRequest = z.strictObject({
  shards: z.number().int().min(1).max(SHARDS_MAX),
  /**
   * How busy instruments are, in any unit, to spread them; one that is not named weighs 1. Left out,
   * the weights stay as they are; an empty object forgets them.
   */
  weights: z
    .record(instrumentId, z.number().positive().max(WEIGHT_MAX))
    .refine((weights) => Object.keys(weights).length <= WEIGHTS_MAX, {
      message: `must name at most ${WEIGHTS_MAX} instruments`,
    })
    .optional(),
});

/** To drain, or to take again. `after_hours`: closed once no market of its instruments is open. */
export const drainRequest = z.strictObject({
  draining: z.boolean(),
  when: z.enum(DRAIN_WHEN).default("after_hours"),
});

/** Null: not draining. */
const drainView = z
  .object({
    when: z.enum(DRAIN_WHEN),
    since: timestamp,
    /** It has given up what it had, or is just doing so. */
    isClosed: z.boolean(),
  })
  .nullable();

export const subscriptionsRequest = z.strictObject({ instruments: instrumentIds });

/** `live` once confirmed upstream or ticking. */
export const subscriptionsView = z.object({
  instruments: z.array(z.object({ instrument: z.string(), state: z.enum(["pending", "live"]) })),
});

export const SHARD_STATES = [
  "connecting",
  "live",
  "backoff",
  "session_expired",
  "draining",
  "idle",
] as const;

/** Of the ticks of the last seconds, ms; null while there were none. The upper bound of its step of a fifth. */
const lagView = z.object({ p50: z.number().nullable(), p99: z.number().nullable() });

export const shardView = z.object({
  shard: z.string(),
  state: z.enum(SHARD_STATES),
  epoch: z.number().int(),
  instruments: z.number().int(),
  confirmed: z.number().int(),
  pending: z.number().int(),
  alarmed: z.number().int(),
  markets: z.number().int(),
  ticks: z.number().int(),
  ticksPerSecond: z.number(),
  dropped: z.record(z.string(), z.number().int()),
  /** Frames that could not be read, by kind. */
  unreadable: z.record(z.string(), z.number().int()),
  lag: z.object({
    /** From the exchange's clock to ours: with the difference of the two clocks in it. */
    exchangeToReceived: lagView,
    /** From arrival to the frame that carries it on. */
    receivedToSent: lagView,
  }),
  /** What waits: to be asked of the broker, and to be read by markets. */
  queue: z.object({
    upstreamInstruments: z.number().int(),
    upstreamMessages: z.number().int(),
    downstreamTicks: z.number().int(),
    downstreamBytes: z.number().int(),
  }),
  draining: drainView,
  /** Recordings written and waiting, writes tried again, and ticks in none because the archive could not be written. */
  recording: z.object({
    written: z.number().int(),
    waiting: z.number().int(),
    retries: z.number().int(),
    lostTicks: z.number().int(),
  }),
  reconnects: z.number().int(),
  lastMessageAt: timestamp.nullable(),
  connectedAt: timestamp.nullable(),
});

export type ShardView = z.infer<typeof shardView>;

const limitsView = z.object({
  instrumentsPerConnection: z.number().int(),
  connections: z.number().int(),
  subscribeMessagesPerSecond: z.number(),
});

/**
 * `proving`: signed in, and waiting for the data that shows it. `silent`: signed in, and no data came.
 * `expiring`: valid, and to be renewed soon. `missing`: nobody has signed in yet.
 */
export const SESSION_STATES = [
  "missing",
  "proving",
  "valid",
  "expiring",
  "silent",
  "expired",
] as const;

export const sessionView = z.object({
  state: z.enum(SESSION_STATES),
  /** `automatic`: the platform signs in by itself. `person`: somebody has to bring a request token. */
  signIn: z.enum(["automatic", "person"]),
  /** Rises with each sign-in; 0 before the first. */
  generation: z.number().int(),
  expiresAt: timestamp.nullable(),
  /** When data last proved this generation; null when none has come. */
  provenAt: timestamp.nullable(),
  /** Why it is not valid; null while it is. */
  reason: z.string().nullable(),
});

export type SessionView = z.infer<typeof sessionView>;

const SECRET_LENGTH_MAX = 4_000;

/** A new sign-in: a person's request token, or another credential. With neither, the stored credential is tried again. */
export const sessionRequest = z
  .strictObject({
    requestToken: z.string().min(1).max(SECRET_LENGTH_MAX).optional(),
    credential: z.string().min(1).max(SECRET_LENGTH_MAX).optional(),
  })
  .refine(({ requestToken, credential }) => !(requestToken && credential), {
    message: "takes requestToken or credential, not both",
  });

export const brokerView = z.object({
  broker: z.string(),
  /** The three limits that decide where an instrument can go, kept apart, as they are in force. */
  limits: limitsView,
  /** As they were configured for this broker. */
  configuredLimits: limitsView,
  /** What the broker's refusals taught: in force where lower than configured. */
  learnedLimits: z.array(
    z.object({
      limit: z.enum(BROKER_LIMITS),
      value: z.number(),
      at: timestamp,
      reason: z.string(),
    }),
  ),
  /** Wanted beyond what all its shards hold together: 0 unless a limit was learned since. */
  overCapacity: z.number().int(),
  weights: z.record(z.string(), z.number()),
  draining: drainView,
  /** As the operator set it: one that is being emptied may be listed besides. */
  shardCount: z.number().int(),
  shards: z.array(shardView),
  wanted: z.number().int(),
  /** Instruments asked for by the operator, whatever algos want. */
  pinned: z.array(z.string()),
  session: sessionView,
  orderStream: z.enum(["ready", "connecting", "down", "none"]),
  /** How full each scope is that the broker meters orders and look-ups by; empty while nobody can say. */
  orderMeters: z.array(
    z.object({
      name: z.string(),
      scope: z.enum(METER_SCOPES),
      /** Calls, by weight, that have not been refilled yet. Above `capacity`: turns promised. */
      used: z.number(),
      capacity: z.number(),
      /** What look-ups leave to orders. */
      reserve: z.number(),
      perSecond: z.number(),
    }),
  ),
});

export type BrokerView = z.infer<typeof brokerView>;
