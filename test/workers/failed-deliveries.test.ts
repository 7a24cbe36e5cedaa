/** A consumer that failed: its message comes again, and not at once, or an absence of a moment uses up its retries. */
import { expect, test } from "vitest";
import type { OrderPorts } from "../../src/application/order-ports.ts";
import { DESK_RETRY_SECONDS } from "../../src/domain/gateway-limits.ts";
import { ORDER_RETRY_DELAY_SECONDS } from "../../src/domain/limits.ts";
import { consumeDeadLetters } from "../../src/queues/dead-letters.ts";
import { consumeOrderRetries } from "../../src/queues/order-retries.ts";

const MESSAGE = {
  clientOrderId: "o-1",
  account: "simulated",
  reason: "no connection",
  firstAttemptAt: 0,
};

type Consumer = typeof consumeOrderRetries;

/** What becomes of a delivery while the ledger is away, as while it is deployed. */
async function deliveredWithoutLedger(consume: Consumer, delivery: number): Promise<unknown> {
  const became: unknown[] = [];
  const message = {
    id: "m-1",
    attempts: delivery,
    body: MESSAGE,
    ack: () => void became.push("acknowledged"),
    retry: (options?: { delaySeconds?: number }) => void became.push(options?.delaySeconds ?? 0),
  };
  const ports = {
    gateway: () => ({}),
    ledger: { approved: () => Promise.reject(new Error("reset by a deploy")) },
    log: () => {},
  } as unknown as OrderPorts;
  await consume(ports, { messages: [message] } as unknown as Parameters<Consumer>[1]);
  return became;
}

test("a retry that failed because the ledger was away waits as long as one that could not be sent", async () => {
  for (const delivery of [1, 2, 3])
    expect(await deliveredWithoutLedger(consumeOrderRetries, delivery)).toEqual([
      ORDER_RETRY_DELAY_SECONDS.at(-1),
    ]);
});

test("a letter that could not be laid on the desk comes again later and later, and is not used up in minutes", async () => {
  const waits: unknown[] = [];
  for (let delivery = 1; delivery <= 20; delivery += 1)
    waits.push(...((await deliveredWithoutLedger(consumeDeadLetters, delivery)) as unknown[]));
  expect(waits.slice(0, 5)).toEqual([...DESK_RETRY_SECONDS, DESK_RETRY_SECONDS.at(-1)]);
  const seconds = waits.reduce((sum: number, each) => sum + Number(each), 0);
  expect(seconds).toBeGreaterThan(15 * 60);
});
