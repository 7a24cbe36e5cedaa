import { describe, expect, test } from "vitest";
import { CLOCK_OFFSET_MS_MAX } from "../../../../src/domain/quality-limits.ts";
import { POSITIONS_RECHECK_MS, RECONCILE_TRIES_MAX } from "../../../../src/domain/limits.ts";
import type { ApprovedOrder, OrderIntent } from "../../../../src/domain/order.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

const positionOf = (quantity: string) => ({
  algoId: "momentum",
  instrument: "SIM:AAA",
  account: "simulated",
  currency: "USD",
  quantity,
  averagePrice: null,
  markPrice: "100",
  realisedProfit: "0",
  unrealisedProfit: null,
});

const proven = (terms: Partial<OrderIntent>): ApprovedOrder => ({
  ...approvedWith({ clientOrderId: "out", side: "sell", ...terms }),
  onlyReduces: true,
});

/** The ledger says 10 and never moves, the broker what it is told to say. */
async function frozen(theirs: string, script: Script = {}): Promise<Scripted> {
  const desk = scripted({
    brokerPositions: () => [{ instrument: "SIM:AAA", quantity: theirs, averagePrice: "100" }],
    ledgerPositions: () => [positionOf("10")],
    ...script,
  });
  await desk.gateway.watch();
  for (let turn = 0; turn < RECONCILE_TRIES_MAX + 2; turn += 1) {
    desk.advance(POSITIONS_RECHECK_MS);
    await desk.gateway.watch();
  }
  expect((await desk.gateway.reconciliation(true)).frozen).toHaveLength(1);
  return desk;
}

const outcome = async (desk: Scripted, approved: ApprovedOrder): Promise<string> =>
  (await desk.gateway.submit(approved, 1)).outcome;

describe("in a frozen instrument", () => {
  test.each([
    ["an exit of what the broker has, too", "4", "4", {}, "accepted"],
    ["an exit of more than the broker has", "4", "5", {}, "stopped"],
    ["an exit where the broker has nothing", "0", "1", {}, "stopped"],
    ["an exit where the broker has the other side", "-4", "1", {}, "stopped"],
    ["an exit of a short that the broker has, too", "-4", "4", { side: "buy" }, "accepted"],
    [
      "one that says reduceOnly, whatever the broker has",
      "0",
      "10",
      { reduceOnly: true },
      "accepted",
    ],
  ] as const)("%s: broker %s, exit %s", async (_what, theirs, quantity, terms, expected) => {
    const desk = await frozen(theirs);
    expect(await outcome(desk, proven({ quantity, ...terms }))).toBe(expected);
  });

  test("what the ledger has not proven does not go, however small", async () => {
    const desk = await frozen("4");
    const { onlyReduces: _, ...unproven } = proven({ quantity: "1" });
    expect(await outcome(desk, unproven)).toBe("stopped");
  });

  test("two exits together close no more than the broker has", async () => {
    const desk = await frozen("4");
    const first = proven({ clientOrderId: "out-1", quantity: "3" });
    expect(await outcome(desk, first)).toBe("accepted");
    expect(await outcome(desk, proven({ clientOrderId: "out-2", quantity: "2" }))).toBe("stopped");
    expect(await outcome(desk, proven({ clientOrderId: "out-3", quantity: "1" }))).toBe("accepted");
  });

  test("what rests there past us counts among the exits", async () => {
    const resting = { brokerOrderId: "X1", clientOrderId: null, side: "sell" } as const;
    const desk = await frozen("4", { orders: [brokerOrderWith({ ...resting, quantity: "3" })] });
    expect(await outcome(desk, proven({ clientOrderId: "out-1", quantity: "2" }))).toBe("stopped");
    expect(await outcome(desk, proven({ clientOrderId: "out-2", quantity: "1" }))).toBe("accepted");
  });

  test("a fill since the last comparison makes the broker's figure an old one", async () => {
    const desk = await frozen("4");
    desk.store.setNumber("fills_booked", desk.store.number("fills_booked") + 1);
    expect(await outcome(desk, proven({ quantity: "1" }))).toBe("stopped");
  });

  test("new terms that are more are refused, fewer and those of an exit are not", async () => {
    const script: Script = {};
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    const exit = approvedWith({ clientOrderId: "exit", side: "sell", reduceOnly: true });
    await desk.gateway.submit(exit, 1);
    script.brokerPositions = () => [{ instrument: "SIM:AAA", quantity: "7", averagePrice: "100" }];
    script.orders = [brokerOrderWith(), brokerOrderWith({ clientOrderId: "exit" })];
    await desk.gateway.catchUp();
    const none = { quantity: null, limitPrice: null, stopPrice: null };
    await desk.gateway.modify("o-1", { ...none, quantity: "11" }, approvalAt(1));
    expect(desk.posts.at(-1)?.event).toMatchObject({
      kind: "replace_rejected",
      reason: expect.stringMatching(/^INSTRUMENT_BLOCKED/),
    });
    await desk.gateway.modify("o-1", { ...none, quantity: "9" }, approvalAt(1));
    await desk.gateway.modify("exit", { ...none, limitPrice: "101" }, approvalAt(1));
    expect(desk.modified).toEqual([
      { ...none, quantity: "9" },
      { ...none, limitPrice: "101" },
    ]);
  });
});

describe("an exit that only the ledger has proven", () => {
  test.each([
    ["while the broker's clock is off", { clockOffsetMs: CLOCK_OFFSET_MS_MAX + 1 }, "accepted"],
    ["while the order stream is down", { ready: false }, "stopped"],
  ] as const)("%s: %s", async (_when, script, expected) => {
    const desk = scripted(script);
    expect(await outcome(desk, proven({}))).toBe(expected);
    // The word of who sends it is enough for either.
    const said = approvedWith({ clientOrderId: "said", side: "sell", reduceOnly: true });
    expect(await outcome(desk, said)).toBe("accepted");
    const entry = approvedWith({ clientOrderId: "in" });
    expect(await outcome(desk, entry)).toBe("stopped");
  });
});
