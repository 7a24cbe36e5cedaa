/** New terms that were approved before a kill switch: they never leave, as an order of that time does not, also once it is over. */
import { expect, test } from "vitest";
import { approvalOf, type OrderChanges } from "../../../../src/domain/order.ts";
import { KILL_SWITCH_HOLD_MS, ORDER_STEP_OVERDUE_MS } from "../../../../src/domain/limits.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { approvalAt, approvedWith, scripted } from "../../../support/orders/scripted.ts";

const RAISED: OrderChanges = { quantity: "12", limitPrice: null, stopPrice: null };
const LOWERED: OrderChanges = { ...RAISED, quantity: "4" };

const SCOPES = ["portfolio", "account:simulated", "algo:momentum", "instrument:SIM:AAA"] as const;

/** An order of version 5 at the broker, and a halt of version 9 that is over. */
async function afterReset(scope: (typeof SCOPES)[number]) {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.halt(scope, 9);
  await run.gateway.resume(scope, 10, 9);
  return run;
}

test.each(SCOPES)(
  "before a halt of %s, they are refused to the ledger after its reset",
  async (scope) => {
    const run = await afterReset(scope);
    for (const changes of [RAISED, LOWERED]) {
      await run.gateway.modify("o-1", changes, approvalAt(1, 8));
      expect(run.posts.at(-1)?.event).toMatchObject({
        kind: "replace_rejected",
        reason: `stopped: kill switch on ${scope}`,
      });
    }
    expect(run.modified).toEqual([]);
  },
);

test("those of the time after the halt go, for an order from before it, too", async () => {
  const run = await afterReset("portfolio");
  await run.gateway.modify("o-1", RAISED, approvalAt(1, 11));
  expect(run.modified).toEqual([RAISED]);
});

test("a reset whose halt never came holds them back all the same", async () => {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.resume("portfolio", 10, 9);
  await run.gateway.modify("o-1", RAISED, approvalAt(1, 8));
  expect(run.modified).toEqual([]);
});

test("the halts of others hold nothing back", async () => {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.halt("algo:other", 9);
  await run.gateway.modify("o-1", RAISED, approvalAt(1, 8));
  expect(run.modified).toEqual([RAISED]);
});

test("while they wait for their turn, a halt and its reset may pass: then they do not go", async () => {
  const waits = Promise.withResolvers<boolean>();
  const script = { readyWhen: Promise.resolve(true) };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  script.readyWhen = waits.promise;
  const asked = run.gateway.modify("o-1", RAISED, approvalAt(1, 8));
  await run.gateway.halt("portfolio", 9);
  await run.gateway.resume("portfolio", 10, 9);
  waits.resolve(true);
  await asked;
  expect(run.modified).toEqual([]);
  expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
});

test("the ledger names the version of new terms, and its sweep brings them under that, whatever came since", async () => {
  const run = await reserved();
  const accepted = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  const clientOrderId = intent.clientOrderId;
  await run.calls.post([{ eventId: "a", clientOrderId, event: accepted, at: 1 }]);
  const first = await run.calls.reserveReplace(clientOrderId, RAISED, facts(), "algo:momentum");
  if (!first.ok) throw new Error("refused");
  const { ledgerVersion, termsVersion = 0 } = first.value;
  expect(termsVersion).toBeGreaterThan(ledgerVersion);
  expect(approvalOf(first.value)).toEqual({ epoch: 1, ledgerVersion: termsVersion });

  const killed = await run.calls.trip("algo:other", "test", "person:ann", {});
  run.advance(KILL_SWITCH_HOLD_MS);
  await run.calls.resetTrip("algo:other", "looked at it", "person:ann");
  run.ledger.evict();
  run.advance(ORDER_STEP_OVERDUE_MS);
  await run.ledger.alarm();
  expect(killed.version).toBeGreaterThan(termsVersion);
  expect(run.modified).toEqual([{ epoch: 1, ledgerVersion: termsVersion }]);
});
