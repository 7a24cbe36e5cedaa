/** A dead letter of a bracket that a person executes counts for the bracket like any fill. */
import { expect, test } from "vitest";
import { beginBracket, saveBracket } from "../../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { legId, stepBracket, newBracket } from "../../../../src/domain/bracket.ts";
import type { ApprovedOrder, Order } from "../../../../src/domain/order.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvedWith,
  brokerOrderWith,
  scripted,
  START,
} from "../../../support/orders/scripted.ts";

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };
const entry = approvedWith({ bracket });
const exit = (leg: "stop" | "target"): ApprovedOrder =>
  approvedWith({
    clientOrderId: legId("o-1", 1, leg),
    side: "sell",
    reduceOnly: true,
    exit: { entry: "o-1", pair: 1, leg },
  });

const onDesk = ({ intent, ledgerVersion, epoch }: ApprovedOrder): Order => ({
  ...intent,
  state: "dead_lettered",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: null,
  refusal: null,
  reason: "not sent",
  ledgerVersion,
  epoch,
  createdAt: START,
  updatedAt: START,
});

const claim = {
  brokerOrderId: "X1",
  quantity: "10",
  price: "95",
  currency: "USD",
  by: "ann",
  reason: "by telephone",
};

test("an exit that was executed by hand takes the other exit back", async () => {
  const store = new MemoryStore();
  const filled = {
    ...newRecord("o-1", entry, START),
    record: "accepted",
    ended: "filled",
  } as const;
  const stop = { ...newRecord(legId("o-1", 1, "stop"), exit("stop"), START), attempt: 3 };
  const target = newRecord(legId("o-1", 1, "target"), exit("target"), START);
  store.save({ order: { ...filled, filledQuantity: "10" }, posts: [], executions: [] });
  store.save({ order: { ...stop, ended: "dead_lettered" }, posts: [], executions: [] });
  const open = { ...target, record: "accepted", brokerOrderId: "B1" } as const;
  store.save({ order: open, posts: [], executions: [] });
  const event = { kind: "entry", filled: "10", ended: true } as const;
  saveBracket(
    { store },
    { bracket: stepBracket(newBracket("o-1"), event).bracket, dueAt: 0 },
    false,
  );
  const desk = scripted(
    {
      orders: [brokerOrderWith({ clientOrderId: target.clientOrderId, side: "sell" })],
      ledgerOrder: async (id) => (id === stop.clientOrderId ? onDesk(exit("stop")) : null),
    },
    store,
  );
  const done = await desk.gateway.executeByHand(stop.clientOrderId, claim);
  expect(done.ok).toBe(true);
  await desk.gateway.watch();
  expect(desk.canceled).toEqual(["B1"]);
});

test("an exit that never came here is executed by hand after the other one filled: people are told of what is closed beyond", async () => {
  const store = new MemoryStore();
  const done = { record: "accepted", ended: "filled", filledQuantity: "10" } as const;
  for (const each of [entry, exit("stop")])
    store.save({
      order: { ...newRecord(each.intent.clientOrderId, each, START), ...done },
      posts: [],
      executions: [],
    });
  const event = { kind: "entry", filled: "10", ended: true } as const;
  saveBracket(
    { store },
    { bracket: stepBracket(newBracket("o-1"), event).bracket, dueAt: 0 },
    false,
  );
  const target = exit("target");
  const desk = scripted({ ledgerOrder: async () => onDesk(target) }, store);
  await desk.gateway.watch();
  expect(desk.incidents).toEqual([]);
  const answer = await desk.gateway.executeByHand(target.intent.clientOrderId, claim);
  expect(answer.ok).toBe(true);
  await desk.gateway.watch();
  expect(desk.incidents).toMatchObject([{ id: "bracket-beyond-o-1-1", severity: "critical" }]);
});

test("an entry that never left is executed by hand: people are told that nothing guards it", async () => {
  const store = new MemoryStore();
  const desk = scripted({ ledgerOrder: async () => onDesk(entry) }, store);
  expect((await desk.gateway.executeByHand("o-1", claim)).ok).toBe(true);
  await desk.gateway.watch();
  expect(desk.incidents).toMatchObject([{ id: "bracket-o-1", title: "No exits for o-1" }]);
});

test("an entry that its gateway holds a bracket for gets its exits when it is executed by hand", async () => {
  const store = new MemoryStore();
  const record = { ...newRecord("o-1", entry, START), attempt: 3, ended: "dead_lettered" } as const;
  store.save({ order: record, posts: [], executions: [] });
  beginBracket({ store }, entry, START);
  const asked: string[] = [];
  const desk = scripted(
    {
      ledgerOrder: async (id) => (id === "o-1" ? onDesk(entry) : null),
      reserve: async ({ clientOrderId, quantity }) => {
        asked.push(`${clientOrderId} ${quantity}`);
        throw new Error("the ledger is away");
      },
    },
    store,
  );
  expect((await desk.gateway.executeByHand("o-1", claim)).ok).toBe(true);
  await desk.gateway.watch();
  expect(asked).toEqual([`${legId("o-1", 1, "stop")} 10`]);
  expect(desk.incidents).toEqual([]);
});
