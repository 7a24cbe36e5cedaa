/** Brokers, their feeds and subscriptions as they cross the API. */
import { z } from "zod";
import { METER_SCOPES } from "../domain/rate-limit.ts";
import { instrumentIds, timestamp } from "./primitives.ts";

export const SHARDS_MAX = 32;

export const feedRequest = z.strictObject({ shards: z.number().int().min(1).max(SHARDS_MAX) });

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

export const brokerView = z.object({
  broker: z.string(),
  /** The three limits that decide where an instrument can go, kept apart. */
  limits: z.object({
    instrumentsPerConnection: z.number().int(),
    connections: z.number().int(),
    subscribeMessagesPerSecond: z.number(),
  }),
  shards: z.array(shardView),
  wanted: z.number().int(),
  /** Instruments asked for by the operator, whatever algos want. */
  pinned: z.array(z.string()),
  session: z.object({
    state: z.enum(["valid", "expired", "missing"]),
    expiresAt: timestamp.nullable(),
  }),
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
