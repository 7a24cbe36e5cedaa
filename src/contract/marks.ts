/** Frames that a feed shard sends the ledger: the latest price of each instrument with open risk, at most one a second. */
import { z } from "zod";
import { instrumentId, timestamp } from "./primitives.ts";

/** JSON has no NaN: a price that is none arrives as null, and counts as a bad price, not as no news. */
const price = z.number().nullable();

export const markFrame = z.object({
  instrument: instrumentId,
  price: price.transform((value) => value ?? Number.NaN),
  bid: price,
  ask: price,
  time: timestamp,
  provider: z.string().max(32),
  stale: z.boolean().optional(),
  calendar: z.string().max(32).optional(),
});

/** Marks are checked one by one, so that a malformed one does not take the others with it. */
export const marksFrame = z.object({ marks: z.array(z.unknown()).max(10_000) });
