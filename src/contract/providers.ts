/** The ranked providers of an instrument's market data, and their switches, as they cross the API. */
import { z } from "zod";
import { PROVIDER_STATES, SWITCH_CAUSES } from "../domain/failover.ts";
import { PROVIDERS_RANKED_MAX } from "../domain/provider-limits.ts";
import { brokerId, timestamp } from "./primitives.ts";

export const providersRequest = z.strictObject({
  /** Best first; null takes the override back. */
  ranked: z
    .array(brokerId)
    .min(1, "must name at least one provider")
    .max(PROVIDERS_RANKED_MAX)
    .refine((ranked) => new Set(ranked).size === ranked.length, "must name each provider once")
    .nullable(),
});

export const providersView = z.object({
  instrument: z.string(),
  /** `default`: the order of the deployment. `override`: set for this instrument. */
  order: z.enum(["default", "override"]),
  /** The one whose ticks are passed on. */
  carrier: z.string(),
  /** The one that entries may rely on; null while every provider is down. */
  active: z.string().nullable(),
  /** Rises with every switch. */
  term: z.number().int(),
  /** Null before the first switch. */
  switchedAt: timestamp.nullable(),
  /** Best first. */
  providers: z.array(
    z.object({ provider: z.string(), state: z.enum(PROVIDER_STATES), since: timestamp }),
  ),
});

export type ProvidersView = z.infer<typeof providersView>;

/** One event in the history of an instrument's providers. */
export const providerSwitchView = z.object({
  id: z.number().int(),
  at: timestamp,
  instrument: z.string(),
  /** `down`: the last provider went down. `up`: one came back, without a switch or with one. */
  kind: z.enum(["switch", "down", "up"]),
  from: z.string(),
  to: z.string().nullable(),
  cause: z.enum(SWITCH_CAUSES).nullable(),
  term: z.number().int(),
});

export type ProviderSwitchView = z.infer<typeof providerSwitchView>;
