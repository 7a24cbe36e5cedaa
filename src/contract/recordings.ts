/** The archive of ticks as it crosses the API. */
import { z } from "zod";
import { brokerId, pageQuery, timestamp, timestampQuery } from "./primitives.ts";

/** A day that there is, in UTC. */
const day = z.iso.date("must be a day like 2026-11-21, in UTC");

export const recordingsQuery = pageQuery.extend({ day, broker: brokerId.optional() });

export const recordingDay = z.object({ day });

export const recordedDayQuery = z
  .strictObject({
    broker: brokerId.optional(),
    /** A part of the day by the exchange's clock: `from` included, `to` not. */
    from: timestampQuery.optional(),
    to: timestampQuery.optional(),
  })
  .refine(({ from = 0, to = Infinity }) => from < to, {
    path: ["from"],
    message: "must be before to",
  });

/** What one shard delivered in a minute, or in a part of it. */
export const recordingView = z.object({
  broker: z.string(),
  shard: z.string(),
  /** Start of the minute, ms since 1970. */
  minute: timestamp,
  bytes: z.number().int(),
});

export type RecordingView = z.infer<typeof recordingView>;
