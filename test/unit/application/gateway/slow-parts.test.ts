/** What is slow keeps no position's exits waiting: neither the database of people's incidents nor another order's answer. */
import { describe, expect, test } from "vitest";
import { raise } from "../../../../src/application/gateway/reconcile-notes.ts";
import type { CancelOutcome } from "../../../../src/brokers/broker.ts";
import { BRACKET_LOOK_MS } from "../../../../src/domain/bracket-limits.ts";
import { ok } from "../../../../src/domain/result.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";
import { orderOf } from "../../../support/orders/standing-order.ts";
import { INSTRUMENT } from "../../../support/orders/world.ts";

const settled = async () => {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
};

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

const fill = (id: string, clientOrderId: string) => ({
  kind: "order_event" as const,
  clientOrderId,
  brokerOrderId: "B1",
  eventId: id,
  event: { kind: "filled" as const, execution: { ...executionOf(id, "10"), clientOrderId } },
  at: START,
});

/** An entry has filled while the ledger was away; somebody traded past the platform, which people are to hear of. */
async function hanging() {
  const asked: string[] = [];
  const ledger = { isAway: true };
  const database = Promise.withResolvers<void>();
  const script: Script = {
    instrument: () => INSTRUMENT,
    tellWhen: () => database.promise,
    reserve: async ({ clientOrderId }) => {
      if (ledger.isAway) throw new Error("the ledger is away");
      asked.push(clientOrderId);
      throw new Error("enough");
    },
  };
  const run = scripted(script);
  await run.gateway.submit(approvedWith({ bracket }), 1);
  await run.gateway.onStream(fill("E1", "o-1"));
  script.orders = [brokerOrderWith({ brokerOrderId: "X1", clientOrderId: null })];
  script.executions = [executionOf("E1", "10")];
  run.advance(10_000);
  const first = run.gateway.watch();
  await settled();
  expect(run.telling).toBe(1);
  return { run, script, asked, ledger, database, first };
}

describe("while people's incidents cannot be laid down and no error comes back", () => {
  test("an exit is asked for by the clock all the same", async () => {
    const { run, asked, ledger } = await hanging();
    ledger.isAway = false;
    run.advance(10_000);
    void run.gateway.watch();
    await settled();
    expect(asked).toEqual(["o-1-s1"]);
  });

  test("an exit that is due in the very turn that begins to tell is asked for, too", async () => {
    const asked: string[] = [];
    const script: Script = {
      instrument: () => INSTRUMENT,
      tellWhen: () => new Promise(() => {}),
      reserve: async ({ clientOrderId }) => {
        asked.push(clientOrderId);
        throw new Error("enough");
      },
    };
    const run = scripted(script);
    await run.gateway.watch();
    await run.gateway.submit(approvedWith({ bracket }), 1);
    script.ledgerIsAway = true;
    await run.gateway.onStream(fill("E1", "o-1"));
    script.ledgerIsAway = false;
    const ports = { account: "simulated", store: run.store, now: () => START };
    raise(ports, { id: "other", severity: "critical", title: "other", message: "other" });
    run.advance(BRACKET_LOOK_MS);
    void run.gateway.watch();
    await settled();
    expect(run.telling).toBe(1);
    expect(asked).toEqual(["o-1-s1"]);
  });

  test("nothing is told a second time beside it, and the clock does not spin for it", async () => {
    const { run } = await hanging();
    for (let time = 0; time < 3; time += 1) {
      run.advance(3_000);
      void run.gateway.watch();
      await settled();
      expect(run.gateway.nextDueAt()).toBeGreaterThan(START + 10_000 + time * 3_000);
    }
    expect(run.telling).toBe(1);
  });

  test("people hear of it once it can be laid down", async () => {
    const { run, database, first } = await hanging();
    database.resolve();
    await first;
    expect(run.incidents.map(({ id }) => id)).toEqual([expect.stringContaining("X1")]);
    const ports = { account: "simulated", store: run.store, now: () => START };
    raise(ports, { id: "next", severity: "critical", title: "next", message: "next" });
    await run.gateway.watch();
    expect(run.incidents).toHaveLength(2);
  });
});

/** An order that may only reduce is to be made smaller, and its broker does not answer that. */
async function trimming() {
  const asked: string[] = [];
  const looked: string[] = [];
  const answer = Promise.withResolvers<CancelOutcome>();
  const way = approvedWith({ clientOrderId: "out", side: "sell", reduceOnly: true });
  const row = { algoId: "momentum", instrument: "SIM:AAA", side: "sell" } as const;
  const script: Script = {
    instrument: () => INSTRUMENT,
    reducing: async (account) => {
      looked.push(account);
      return [{ ...row, held: "4", closable: "4", orders: [{ clientOrderId: "out" }] }];
    },
    reserveReplace: async () => ok(orderOf(way)),
    modify: () => answer.promise,
    reserve: async ({ clientOrderId }) => {
      asked.push(clientOrderId);
      throw new Error("enough");
    },
  };
  const run = scripted(script);
  await run.gateway.submit(way, 1);
  await run.gateway.submit(approvedWith({ bracket }), 1);
  return { run, asked, looked };
}

describe("while another order's new terms are not answered", () => {
  test("a fill's exits are placed at once", async () => {
    const { run, asked } = await trimming();
    void run.gateway.onStream(fill("E1", "o-1"));
    await settled();
    expect(run.modified).toHaveLength(1);
    expect(asked).toEqual(["o-1-s1"]);
  });

  test("the clock asks for no second trim beside it", async () => {
    const { run, looked } = await trimming();
    void run.gateway.onStream(fill("E1", "o-1"));
    await settled();
    run.advance(1_000);
    void run.gateway.watch();
    await settled();
    expect(looked).toHaveLength(1);
    expect(run.gateway.nextDueAt()).toBeGreaterThan(START + 1_000);
  });
});

test("a bracket that is being driven is not due by the clock until that is over, whatever wakes it meanwhile", async () => {
  const answer = Promise.withResolvers<never>();
  const script: Script = { instrument: () => INSTRUMENT, reserve: () => answer.promise };
  const run = scripted(script);
  await run.gateway.watch();
  await run.gateway.submit(approvedWith({ bracket }), 1);
  const part = fill("E1", "o-1");
  const driving = run.gateway.onStream({
    ...part,
    event: { kind: "filled", execution: executionOf("E1", "4") },
  });
  await settled();
  await run.gateway.onStream({
    ...part,
    eventId: "E2",
    event: { kind: "filled", execution: executionOf("E2", "2") },
  });
  expect(run.gateway.nextDueAt()).toBeGreaterThan(START);
  answer.reject(new Error("enough"));
  await driving;
  expect(run.gateway.nextDueAt()).toBeLessThanOrEqual(START);
});
