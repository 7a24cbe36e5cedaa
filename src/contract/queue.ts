/** What our queues carry. A message is only a name: the ledger and the gateway hold the truth. */
import { z } from "zod";
import { accountId, clientOrderId, timestamp } from "./primitives.ts";

export const orderRetryMessage = z.object({
  clientOrderId,
  account: accountId,
  /** Why the attempt before did not leave. */
  reason: z.string().max(500),
  firstAttemptAt: timestamp,
});

export type OrderRetryMessage = z.infer<typeof orderRetryMessage>;
