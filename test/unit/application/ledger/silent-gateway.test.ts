/** A gateway that never answers holds up the sweep of its own account alone, and no alarm spins for it. */
import { expect, test } from "vitest";
import type { OrderGatewayPort } from "../../../../src/application/ports.ts";
import {
  DUTY_WAIT_MS,
  ORDER_STEP_OVERDUE_MS,
  WATCHDOG_INTERVAL_MS,
} from "../../../../src/domain/limits.ts";
import { facts, intent } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";
import { quietLedger } from "../../../support/orders/quiet-ledger.ts";
import { Timeline } from "../../../support/orders/timeline.ts";

const ACCOUNTS = ["silent", "other"];

const isOver = (round: Promise<void>): Promise<boolean> => {
  const waited = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([round.then(() => true), waited]);
};

/** A ledger with two orders of each account that nobody handed on; the gateway of one never answers. */
async function besideSilent() {
  const timeline = new Timeline(START);
  const asked: string[] = [];
  const gateway = {
    lookUp: (id: string) => {
      asked.push(id);
      if (id.startsWith("silent")) return Promise.withResolvers().promise;
      return Promise.resolve({ record: "accepted", attempts: 1, found: true, brokerOrder: null });
    },
  } as Partial<Record<keyof OrderGatewayPort, unknown>> as OrderGatewayPort;
  const ledger = quietLedger(timeline, gateway);
  const calls = ledger.calls();
  for (const account of ACCOUNTS) {
    const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
    await calls.recordBalances(account, balances, START);
    for (const number of [1, 2]) {
      const order = { ...intent, account, clientOrderId: `${account}-${number}` };
      expect((await calls.reserve(order, facts())).kind).toBe("approved");
    }
  }
  /** Runs the ledger by its own alarm; answers how often it rang. */
  const byAlarm = async (ms: number): Promise<number> => {
    let rounds = 0;
    for (const end = timeline.now() + ms; timeline.now() < end; rounds += 1) {
      const round = ledger.alarm();
      await timeline.runUntil(timeline.now());
      // What hangs ends with its time.
      if (!(await isOver(round))) await timeline.runUntil(timeline.now() + DUTY_WAIT_MS);
      await round;
      const turn = timeline.now() + WATCHDOG_INTERVAL_MS;
      await timeline.runUntil(Math.min(turn, ledger.dueAt() ?? Infinity));
    }
    return rounds;
  };
  await timeline.runUntil(START + ORDER_STEP_OVERDUE_MS);
  return { asked, byAlarm };
}

test("the orders of every other account are swept, in this round and in those after it", async () => {
  const { asked, byAlarm } = await besideSilent();
  await byAlarm(1);
  expect(asked.sort()).toEqual(["other-1", "other-2", "silent-1"]);
  await byAlarm(120_000);
  expect(asked.filter((id) => id === "other-2").length).toBeGreaterThan(2);
  expect(asked.filter((id) => id.startsWith("silent"))).toEqual(["silent-1"]);
});

test("the alarm rings no more often for what has not answered", async () => {
  const { byAlarm } = await besideSilent();
  expect(await byAlarm(120_000)).toBeLessThanOrEqual(12);
});
