/** A bracket's exit that can only be placed later: it stays due, people are told once, and it is placed as soon as it can be. */
import { expect, test } from "vitest";
import { bracketNote, saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import type { ReserveAnswer } from "../../../../src/application/ports.ts";
import { legId, newBracket } from "../../../../src/domain/bracket.ts";
import { BRACKET_WAIT_MS } from "../../../../src/domain/bracket-limits.ts";
import type { Order, OrderIntent } from "../../../../src/domain/order.ts";
import type { RefusalCode } from "../../../../src/domain/risk/refusal.ts";
import { facts, reserved, intent } from "../../../support/orders/lone-ledger.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
} from "../../../support/orders/scripted.ts";

const entry = approvedWith({
  bracket: { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" },
});
const entryOf16 = approvedWith({ ...entry.intent, quantity: "16" });
const stop = legId("o-1", 1, "stop");
const target = legId("o-1", 1, "target");

const denied = (code: RefusalCode): ReserveAnswer => ({
  kind: "denied",
  order: null,
  refusal: {
    code,
    message: `no: ${code}`,
    scope: "portfolio",
    limit: null,
    asked: null,
    have: null,
  },
});

function approved(exit: OrderIntent): ReserveAnswer {
  const order: Order = {
    ...exit,
    state: "pending_new",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: null,
    refusal: null,
    reason: null,
    ledgerVersion: 6,
    epoch: 1,
    createdAt: START,
    updatedAt: START,
  };
  return { kind: "approved", order, approved: approvedWith(exit) };
}

/** A filled entry whose exits the ledger refuses with `code` until it is told not to. */
function bare(first: RefusalCode) {
  const store = new MemoryStore();
  const filled = { ...newRecord("o-1", entry, START), filledQuantity: "10" };
  store.save({
    order: { ...filled, record: "accepted", ended: "filled" },
    posts: [],
    executions: [],
  });
  saveBracket({ store }, { bracket: newBracket("o-1"), dueAt: 0 }, false);
  const asked: string[] = [];
  let code: RefusalCode | null = first;
  const run = scripted(
    {
      reserve: async (exit) => {
        asked.push(exit.clientOrderId);
        return code === null ? approved(exit) : denied(code);
      },
      submit: async () => ({
        outcome: "accepted",
        brokerOrderId: `B-${asked.length}`,
        pendingTrigger: true,
      }),
    },
    store,
  );
  const watch = async (ms: number, stepMs = 1_000): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await run.gateway.watch();
      run.advance(stepMs);
    }
  };
  return { run, store, asked, watch, refuse: (next: RefusalCode | null) => void (code = next) };
}

test.each<RefusalCode>([
  "KILL_SWITCH",
  "PORTFOLIO_ASLEEP",
  "MARKET_CLOSED",
  "INSTRUMENT_UNKNOWN",
  "ORDER_RATE",
  "REDUCE_ONLY",
])(
  "refused by %s, it is placed once that has passed, and people heard once that it was not there",
  async (code) => {
    const { run, watch, refuse } = bare(code);
    await watch(4 * BRACKET_WAIT_MS);
    expect(run.incidents).toMatchObject([
      { id: `bracket-waits-${stop}`, severity: "critical", title: "No stop for o-1 yet" },
    ]);
    expect(run.sent).toEqual([]);
    refuse(null);
    await watch(2 * BRACKET_WAIT_MS);
    expect(run.sent).toEqual([stop, legId("o-1", 1, "target")]);
    expect(run.incidents).toHaveLength(1);
  },
);

test("while it waits, the ledger is not asked at every look", async () => {
  const { asked, watch } = bare("MARKET_CLOSED");
  await watch(600_000);
  expect(asked.length).toBeGreaterThan(600_000 / BRACKET_WAIT_MS / 2);
  expect(asked.length).toBeLessThanOrEqual(600_000 / BRACKET_WAIT_MS + 1);
  expect(new Set(asked)).toEqual(new Set([stop]));
});

test("what is heard of the bracket while the ledger puts an exit off is acted on at once", async () => {
  const store = new MemoryStore();
  const part = { ...newRecord("o-1", entryOf16, START), filledQuantity: "10" };
  const standing = { ...part, record: "accepted", brokerOrderId: "B0" } as const;
  store.save({ order: standing, posts: [], executions: [] });
  saveBracket({ store }, { bracket: newBracket("o-1"), dueAt: 0 }, false);
  const heard = (clientOrderId: string, id: string, quantity: string) =>
    run.gateway.onStream({
      kind: "order_event",
      clientOrderId,
      brokerOrderId: clientOrderId === "o-1" ? "B0" : "L2",
      eventId: id,
      event: { kind: "filled", execution: { ...executionOf(id, quantity), clientOrderId } },
      at: START,
    });
  const legs: string[] = [];
  const run = scripted(
    {
      orders: [brokerOrderWith({ brokerOrderId: "L1", clientOrderId: stop, side: "sell" })],
      submit: async () => ({
        outcome: "accepted",
        brokerOrderId: `L${legs.length}`,
        pendingTrigger: false,
      }),
      reserve: async (exit) => {
        legs.push(exit.clientOrderId);
        if (exit.exit?.pair === 1) return approved(exit);
        // The first pair's target fills while its entry's next exit is asked for.
        if (legs.length === 3) await heard(target, "E2", "10");
        return denied("INSTRUMENT_UNKNOWN");
      },
    },
    store,
  );
  await run.gateway.watch();
  expect(run.sent).toEqual([stop, target]);
  run.advance(1_000);
  await heard("o-1", "E1", "6");
  expect(run.canceled).toEqual([]);
  expect(run.gateway.nextDueAt()).toBeLessThanOrEqual(START + 1_000);
  await run.gateway.watch();
  expect(run.canceled).toEqual(["L1"]);
});

test("refused for good after a wait, it fails: people are told that, too, and it is asked for no more", async () => {
  const { run, store, asked, watch, refuse } = bare("MARKET_CLOSED");
  await watch(BRACKET_WAIT_MS);
  refuse("NOT_PERMITTED_BY_BROKER");
  const before = asked.length;
  await watch(4 * BRACKET_WAIT_MS);
  expect(run.incidents.map(({ id }) => id)).toContain(`bracket-${stop}`);
  expect(asked.slice(before).filter((id) => id === stop)).toHaveLength(1);
  expect(bracketNote({ store }, "o-1")?.bracket.pairs[0]?.stop.status).toBe("failed");
});

test("the ledger keeps the id of such an exit free, and refuses every other order for good", async () => {
  const { calls, ledger } = await reserved();
  const closed = { ...facts(), marketOpen: false };
  const exit = { entry: "o-1", pair: 1, leg: "stop" } as const;
  const asStop = { ...intent, clientOrderId: stop, exit };
  const first = await calls.reserve(asStop, closed);
  expect(first).toMatchObject({ kind: "denied", order: null, refusal: { code: "MARKET_CLOSED" } });
  expect(ledger.store.order(stop)).toBeNull();
  expect(await calls.reserve(asStop, facts())).toMatchObject({ kind: "approved" });
  const plain = { ...intent, clientOrderId: "o-2" };
  expect(await calls.reserve(plain, closed)).toMatchObject({ order: { state: "denied" } });
});

test("an exit is sized before all else, and its id is not burnt by what it is too large for", async () => {
  const { calls, ledger } = await reserved();
  const exit = { entry: "o-1", pair: 1, leg: "stop" } as const;
  const asStop = { ...intent, clientOrderId: stop, side: "sell", reduceOnly: true, exit } as const;
  const closed = { ...facts(), marketOpen: false };
  expect(await calls.reserve(asStop, closed)).toMatchObject({
    kind: "denied",
    order: null,
    refusal: { code: "REDUCE_ONLY", limit: "0", asked: "10", have: "0" },
  });
  expect(ledger.store.order(stop)).toBeNull();
});

test("one that a run before has reserved at another size goes by that size, and is not refused as another order", async () => {
  const store = new MemoryStore();
  const filled = { ...newRecord("o-1", entry, START), filledQuantity: "10" };
  store.save({
    order: { ...filled, record: "accepted", ended: "filled" },
    posts: [],
    executions: [],
  });
  saveBracket({ store }, { bracket: newBracket("o-1"), dueAt: 0 }, false);
  const asked: string[] = [];
  let stands: Order | null = null;
  const run = scripted(
    {
      reserve: async (exit) => {
        asked.push(exit.quantity);
        const answer = approved({ ...exit, quantity: "16" });
        if (answer.kind !== "approved") return answer;
        stands = answer.order;
        return exit.quantity === "16"
          ? { kind: "existing", order: answer.order }
          : denied("DUPLICATE_INTENT");
      },
      ledgerOrder: async () => stands,
      approved: async (id) => {
        const again = approvedWith({ ...stands, clientOrderId: id });
        return { kind: "permitted", approvedAt: START, approved: again };
      },
    },
    store,
  );
  await run.gateway.watch();
  expect(asked.slice(0, 2)).toEqual(["10", "16"]);
  expect(run.sent[0]).toBe(stop);
  expect(run.incidents).toEqual([]);
});
