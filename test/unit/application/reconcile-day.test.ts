/** A day's comparison, when the tradebook moves on between the reading and the repair. */
import { expect, test } from "vitest";
import type {
  ReconciliationRecord,
  TradebookRepairs,
} from "../../../src/application/reconcile-book.ts";
import { reconcileDay, type ReconcileDayPorts } from "../../../src/application/reconcile-day.ts";
import { ok } from "../../../src/domain/result.ts";
import { EXECUTIONS_OVERLAP_MS } from "../../../src/domain/limits.ts";
import { executionOf, START } from "../../support/orders/scripted.ts";

const REQUEST = {
  id: "simulated-day",
  account: "simulated",
  day: "2027-01-15",
  from: START - 1_000,
  startedBy: "a test",
};

/** The tradebook's price of the one execution is not the broker's, until somebody else has put it right. */
function books(takes: (saves: number) => boolean) {
  const theirs = executionOf("E1", "10");
  const saved: { record: ReconciliationRecord; repairs: TradebookRepairs }[] = [];
  let price = "99";
  let saves = 0;
  const ports: ReconcileDayPorts = {
    gateway: {
      brokerBook: async () =>
        ok({ executions: [theirs], orders: [], positions: [], balances: [], askedAt: START }),
    },
    ledger: {
      ensure: async () => {},
      status: async () => ({ version: 7, outbox: 0 }) as never,
      positions: async () => [],
      order: async () => null,
    },
    book: {
      executions: async () => [{ algoId: "momentum", execution: { ...theirs, price } }],
      algos: async () => new Map(),
      lastFunds: async () => null,
      hasTraded: async () => false,
      orders: async () => [],
      byHand: async () => [],
      ordersOfBroker: async () => [],
      save: async (record, repairs) => {
        saves += 1;
        const isTaken = repairs.executions.length === 0 || takes(saves);
        if (isTaken) saved.push({ record, repairs });
        return isTaken;
      },
    },
    now: () => START,
  };
  return { ports, saved, correct: (text: string) => void (price = text) };
}

test("a repair that was written is told as one", async () => {
  const { ports, saved } = books(() => true);
  const record = await reconcileDay(ports, REQUEST);
  expect(record.report.differences).toMatchObject([{ kind: "price_differs", outcome: "repaired" }]);
  expect(saved.map((each) => each.record)).toEqual([record]);
});

test("where a row has moved on, nothing of it is told: the day is compared anew", async () => {
  const { ports, saved, correct } = books(() => {
    // The ledger's own row has come meanwhile.
    correct("100");
    return false;
  });
  const record = await reconcileDay(ports, REQUEST);
  expect(record.report.differences.map(({ kind }) => kind)).not.toContain("price_differs");
  expect(saved.map((each) => each.record)).toEqual([record]);
});

test("one that is ahead each time is told as a comparison that failed, and why", async () => {
  const { ports, saved } = books(() => false);
  const record = await reconcileDay(ports, REQUEST);
  expect(record).toMatchObject({ status: "failed", differences: 0 });
  expect(record.report.failure).toContain("a later version of the ledger");
  expect(saved).toEqual([{ record, repairs: { executions: [], orders: [] } }]);
});

/** No trade in the day itself, other funds than in the last report, and what was executed before the day. */
async function fundsAfter(last: { at: number }, executedAt: number[]) {
  const { ports } = books(() => true);
  ports.gateway.brokerBook = async () =>
    ok({
      executions: [],
      orders: [],
      positions: [],
      balances: [{ currency: "INR", total: "90", available: "90" }],
      askedAt: START,
    });
  Object.assign(ports.book, {
    executions: async () => [],
    lastFunds: async () => ({ ...last, funds: [{ currency: "INR", total: "100" }] }),
    hasTraded: async (_: string, from: number, before: number) =>
      executedAt.some((at) => at >= from && at < before),
  });
  return (await reconcileDay(ports, REQUEST)).report.differences.map(({ kind }) => kind);
}

test("funds may have moved by what was executed since the last report, also before the day began", async () => {
  const at = REQUEST.from - 3_600_000;
  expect(await fundsAfter({ at }, [at + 1])).toEqual([]);
  // A broker's funds follow its executions some seconds late.
  expect(await fundsAfter({ at }, [at - EXECUTIONS_OVERLAP_MS])).toEqual([]);
});

test("what was executed before the last report, or nothing, does not explain funds that moved", async () => {
  const at = REQUEST.from - 3_600_000;
  expect(await fundsAfter({ at }, [at - EXECUTIONS_OVERLAP_MS - 1])).toEqual(["funds_differ"]);
  expect(await fundsAfter({ at: START }, [])).toEqual(["funds_differ"]);
});
