import { expect, test } from "vitest";
import { executeRetry } from "../../../src/application/execute-retry.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { StandingApproval } from "../../../src/domain/risk/decide.ts";
import type { GatewayOutcome, OrderEvidence } from "../../../src/application/ports.ts";
import { ORDER_RETRY_AGE_MS_MAX } from "../../../src/domain/limits.ts";
import { takeDeadLetter } from "../../../src/application/take-dead-letter.ts";
import { intent, reserved } from "../../support/orders/lone-ledger.ts";
import { approvedWith, START } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const MESSAGE = { clientOrderId: "o-1", account: "simulated", reason: "x", firstAttemptAt: 0 };

const STANDING: Record<StandingApproval["kind"], StandingApproval> = {
  permitted: { kind: "permitted", approvedAt: 0, approved: approvedWith() },
  refused: {
    kind: "refused",
    approvedAt: 0,
    refusal: {
      code: "STALE_PRICE",
      message: "the price is old",
      scope: "instrument:SIM:AAA",
      limit: null,
      asked: null,
      have: null,
    },
  },
};

/** Ports of which a retry uses three calls; every submit is refused as not sent. */
function played(
  evidence: Partial<OrderEvidence>,
  standing: "permitted" | "refused" | null = "permitted",
  isOpen = true,
) {
  const attempts: number[] = [];
  const outcome = { outcome: "not_sent", reason: "again" } as GatewayOutcome;
  const ports = {
    ledger: { approved: async () => (standing === null ? null : STANDING[standing]) },
    market: () => ({ instrument: async () => INSTRUMENT, isOpen: async () => isOpen }),
    gateway: () => ({
      lookUp: async () => ({
        record: "not_sent",
        attempts: 1,
        found: false,
        brokerOrder: null,
        ...evidence,
      }),
      submit: async (_: unknown, attempt: number) => {
        attempts.push(attempt);
        return outcome;
      },
    }),
  } as unknown as OrderPorts;
  return { ports, attempts };
}

test.each(["recorded", "accepted", "rejected", "unknown", "stopped"] as const)(
  "a record that says %s ends the retry",
  async (record) => {
    const { ports, attempts } = played({ record });
    expect((await executeRetry(ports, MESSAGE, 1, 0)).action).toBe("done");
    expect(attempts).toEqual([]);
  },
);

test("an order found at the broker ends the retry, whatever the record says", async () => {
  const { ports, attempts } = played({ found: true });
  expect((await executeRetry(ports, MESSAGE, 1, 0)).action).toBe("done");
  expect(attempts).toEqual([]);
});

test("what the ledger wants no more is not sent", async () => {
  const { ports, attempts } = played({}, null);
  expect((await executeRetry(ports, MESSAGE, 1, 0)).action).toBe("done");
  expect(attempts).toEqual([]);
});

test("a look-up that failed sends nothing, and tries again later", async () => {
  const { ports, attempts } = played({ found: null });
  expect((await executeRetry(ports, MESSAGE, 1, 0)).action).toBe("again");
  expect(attempts).toEqual([]);
});

test.each([
  [1, 1, [2]],
  [2, 2, [3]],
  [3, 3, []],
  // Its message was lost and made again: the count of attempts is the gateway's, not the message's.
  [1, 3, []],
  [3, 1, []],
])("delivery %i after %i attempts sends attempts %j", async (delivery, made, sends) => {
  const { ports, attempts } = played({ attempts: made });
  expect((await executeRetry(ports, MESSAGE, delivery, 0)).action).toBe("again");
  expect(attempts).toEqual(sends);
});

test("a retry that comes too late sends nothing, and is on its way to the desk", async () => {
  const { ports, attempts } = played({});
  await executeRetry(ports, MESSAGE, 1, ORDER_RETRY_AGE_MS_MAX);
  expect(attempts).toEqual([2]);
  const late = await executeRetry(ports, MESSAGE, 1, ORDER_RETRY_AGE_MS_MAX + 1);
  expect(late).toMatchObject({ action: "again", why: "its time is over" });
  expect(attempts).toEqual([2]);
});

test("a retry after the close sends nothing, and is on its way to the desk", async () => {
  const { ports, attempts } = played({}, "permitted", false);
  const closed = await executeRetry(ports, MESSAGE, 1, 0);
  expect(closed).toMatchObject({ action: "again", why: "its market is closed" });
  expect(attempts).toEqual([]);
});

test("a retry that a check refuses as things stand sends nothing, and tries again", async () => {
  const { ports, attempts } = played({}, "refused");
  const refused = await executeRetry(ports, MESSAGE, 1, 0);
  expect(refused).toMatchObject({ action: "again", why: "the price is old" });
  expect(attempts).toEqual([]);
});

test("a bracket's exit that could not be sent is its gateway's to ask for: no further delivery counts its tries", async () => {
  const { ports, attempts } = played({ record: "none", attempts: 0 });
  const exit = { entry: "o-1", pair: 1, leg: "stop" } as const;
  const approved = approvedWith({ clientOrderId: "o-1-s1", reduceOnly: true, exit });
  ports.ledger.approved = async () => ({ kind: "permitted", approvedAt: 0, approved });
  const verdict = await executeRetry(ports, { ...MESSAGE, clientOrderId: "o-1-s1" }, 1, 0);
  expect(verdict.action).toBe("done");
  expect(attempts).toEqual([1]);
});

test("an entry that its broker's outage kept from leaving, and whose price grew old by it, reaches the desk", async () => {
  const run = await reserved();
  const { clientOrderId, account } = intent;
  const event = { kind: "not_sent", reason: "connection refused", attempt: 1 } as const;
  await run.calls.post([{ eventId: "not-sent-1", clientOrderId, at: START, event }]);
  const givenUp: string[] = [];
  const ports = {
    ledger: run.calls,
    gateway: () => ({
      lookUp: async () => ({ record: "not_sent", attempts: 1, found: false, brokerOrder: null }),
      giveUpUnsent: async (id: string) => (givenUp.push(id), true),
    }),
    log: () => {},
  } as unknown as OrderPorts;
  const message = { clientOrderId, account, reason: event.reason, firstAttemptAt: START };
  run.advance(30_000);
  const verdict = await executeRetry(ports, message, 2, START + run.passed());
  expect(verdict.action).toBe("again");
  expect(verdict.why).toContain("price");
  expect(await takeDeadLetter(ports, message)).toBe(true);
  expect(givenUp).toEqual([clientOrderId]);
});
