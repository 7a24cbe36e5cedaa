/** A close that first cancels what rests in its way: some of that fills before the broker has canceled it. */
import { expect, test } from "vitest";
import { closePositions } from "../../../src/application/close-positions.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts, Placed } from "../../../src/application/ports.ts";
import type { Execution, OrderIntent, OrderPost } from "../../../src/domain/order.ts";
import { facts, intent, reserved } from "../../support/orders/lone-ledger.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { executionOf, START } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const target = {
  ...intent,
  clientOrderId: "target",
  side: "sell",
  reduceOnly: true,
  limitPrice: "104",
} as const satisfies OrderIntent;

function filled({ clientOrderId, side }: OrderIntent, id: string, quantity: string): OrderPost {
  const execution: Execution = { ...executionOf(id, quantity), clientOrderId, side };
  return { eventId: id, clientOrderId, event: { kind: "filled", execution }, at: START };
}

/** A long position of 10 with a target resting on it, of which `fills` fill before its cancel reaches the broker. */
async function held(fills: string) {
  const { calls } = await reserved();
  await calls.post([filled(intent, "E1", intent.quantity)]);
  expect((await calls.reserve(target, facts())).kind).toBe("approved");
  const sent: string[] = [];
  const canceled = { kind: "canceled", reason: "asked for" } as const;
  const ports = {
    ledger: calls,
    gateway: () => ({
      cancel: async (clientOrderId: string) => {
        const late = fills === "0" ? [] : [filled(target, "E2", fills)];
        const end = { eventId: "c", clientOrderId, event: canceled, at: START };
        await calls.post(fills === target.quantity ? late : [...late, end]);
      },
      place: async (asked: OrderIntent, told: IntentFacts): Promise<Placed> => {
        const answer = await calls.reserve(asked, told);
        if (answer.kind !== "approved") return answer;
        sent.push(`${asked.side} ${asked.quantity}`);
        return { kind: "sent", result: { outcome: "accepted", order: answer.order } };
      },
    }),
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => INSTRUMENT,
      isOpen: async () => true,
      mark: async () => facts().mark,
    }),
    accounts: [intent.account],
    defaultAccount: intent.account,
    hasKey: async () => true,
    sleep: async () => {},
    log: () => {},
  } as unknown as OrderPorts;
  const close = async (quantity?: string) => {
    const asked = quantity === undefined ? {} : { quantity };
    const request = { closeId: "close-1", cancelOpen: true, ...asked };
    const done = await closePositions(ports, ADMIN, request, START);
    if (!done.ok) throw new Error(done.error.message);
    return done.value.positions.map(({ refusal }) => refusal?.code ?? "closed");
  };
  return { close, sent };
}

test.each([
  { fills: "0", quantity: undefined, sells: ["sell 10"] },
  { fills: "4", quantity: undefined, sells: ["sell 6"] },
  // A part of it was meant, and that much is still there.
  { fills: "4", quantity: "5", sells: ["sell 5"] },
  { fills: "4", quantity: "8", sells: ["sell 6"] },
])(
  "of 10, of which $fills fill before their cancel, a close of $quantity sells what is left: $sells",
  async ({ fills, quantity, sells }) => {
    const { close, sent } = await held(fills);
    expect(await close(quantity)).toEqual(["closed"]);
    expect(sent).toEqual(sells);
    // The same request again finds the same order.
    expect(await close(quantity)).toEqual(["closed"]);
    expect(sent).toEqual(sells);
  },
);

test("where all of it fills before its cancel nothing is left to close, and nothing is refused", async () => {
  const { close, sent } = await held("10");
  expect(await close()).toEqual([]);
  expect(await close("8")).toEqual([]);
  expect(sent).toEqual([]);
});

test("more than there ever was is refused, not cut", async () => {
  const { close, sent } = await held("4");
  expect(await close("11")).toEqual(["REDUCE_ONLY"]);
  expect(sent).toEqual([]);
});
