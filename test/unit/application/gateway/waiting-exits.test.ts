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
import { approvedWith, scripted, START } from "../../../support/orders/scripted.ts";

const entry = approvedWith({
  bracket: { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" },
});
const stop = legId("o-1", 1, "stop");

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

test.each<RefusalCode>(["MARKET_CLOSED", "INSTRUMENT_UNKNOWN", "ORDER_RATE"])(
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

test("refused for good after a wait, it fails: people are told that, too, and it is asked for no more", async () => {
  const { run, store, asked, watch, refuse } = bare("MARKET_CLOSED");
  await watch(BRACKET_WAIT_MS);
  refuse("REDUCE_ONLY");
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
