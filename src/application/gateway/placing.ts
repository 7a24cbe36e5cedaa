/**
 * New intents on their way through the ledger: all that come at about the same time are decided in one
 * call, and what is approved is sent. Nothing is written down here before: no record proves not sent.
 */
import { assert } from "../../domain/assert.ts";
import { RESERVE_BATCH_MAX } from "../../domain/limits.ts";
import type { OrderIntent } from "../../domain/order.ts";
import type { IntentFacts, Placed, ReserveAsk, ReservedOne } from "../ports.ts";
import type { Asking, GatewayContext } from "./context.ts";
import { submit } from "./submit.ts";

/** Throws when the ledger did not answer: what it then decided is its own to tell, and nothing was sent by this call. */
export async function place(
  context: GatewayContext,
  intent: OrderIntent,
  facts: IntentFacts,
): Promise<Placed> {
  const { account } = intent;
  assert(account === context.account, `order for ${account} at the gateway of ${context.account}`);
  const answer = await decided(context, { intent, facts });
  if (answer.kind === "failed") throw new Error(`the ledger could not decide: ${answer.reason}`);
  if (answer.kind !== "approved") return answer;
  return { kind: "sent", result: await submit(context, answer.approved, 1) };
}

function decided(context: GatewayContext, ask: ReserveAsk): Promise<ReservedOne> {
  const { promise, resolve, reject } = Promise.withResolvers<ReservedOne>();
  context.asking.push({ ask, resolve, reject });
  if (context.asking.length === 1) void askLedger(context);
  return promise;
}

/** Never throws. Calls overlap: the next ones do not wait for the ledger's answer to these. */
async function askLedger(context: GatewayContext): Promise<void> {
  await context.turn?.();
  const all = context.asking.splice(0);
  for (let start = 0; start < all.length; start += RESERVE_BATCH_MAX)
    void askFor(context, all.slice(start, start + RESERVE_BATCH_MAX));
}

async function askFor(context: GatewayContext, some: readonly Asking[]): Promise<void> {
  try {
    const answers = await context.ledger.reserveAll(some.map(({ ask }) => ask));
    for (const [at, { resolve }] of some.entries()) {
      const answer = answers[at];
      assert(answer, "the ledger answers every intent");
      resolve(answer);
    }
  } catch (error) {
    for (const { reject } of some) reject(error);
  }
}
