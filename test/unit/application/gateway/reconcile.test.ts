import { describe, expect, test } from "vitest";
import { ID } from "../../../support/orders/strangers.ts";
import type { BrokerPosition } from "../../../../src/brokers/broker.ts";
import type { PositionView } from "../../../../src/contract/orders.ts";
import {
  EXECUTIONS_OVERLAP_MS,
  INFERRED_FILL_QUIET_MS,
  POSITIONS_POLL_MS,
  POSITIONS_RECHECK_MS,
  RECONCILE_TRIES_MAX,
} from "../../../../src/domain/limits.ts";
import type { Execution, OrderPost } from "../../../../src/domain/order.ts";
import {
  approvedWith,
  executionOf,
  scripted,
  START,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

const theirs = (quantity: string): BrokerPosition[] => [
  { instrument: "SIM:AAA", quantity, averagePrice: "100" },
];

const position = (quantity: number): PositionView => ({
  algoId: "any",
  instrument: "SIM:AAA",
  account: "simulated",
  currency: "USD",
  quantity: String(quantity),
  averagePrice: null,
  markPrice: "100",
  realisedProfit: "0",
  unrealisedProfit: null,
});

const fillsOf = (posts: readonly OrderPost[]): Execution[] =>
  posts.flatMap(({ event }) => (event.kind === "filled" ? [event.execution] : []));

const signed = ({ side, quantity }: Execution): number =>
  side === "buy" ? Number(quantity) : -Number(quantity);

/** A ledger that holds what has been posted to it. */
const booked = (posts: readonly OrderPost[]): PositionView[] => [
  position(fillsOf(posts).reduce((sum, fill) => sum + signed(fill), 0)),
];

const real = (changes: Partial<Execution> = {}): Execution => ({
  ...executionOf("E9", "10"),
  clientOrderId: "",
  brokerOrderId: "X1",
  executedAt: START - 1,
  ...changes,
});

/** Watches once in each turn in which something can be due. */
async function turns(desk: Scripted, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    desk.advance(POSITIONS_RECHECK_MS);
    await desk.gateway.watch();
  }
}

const positionsCheck = async (desk: Scripted) =>
  (await desk.gateway.reconciliation(true)).checks.find(({ kind }) => kind === "positions");

describe("positions that differ", () => {
  test("lesson 38: a query that failed is no flat account, and changes nothing", async () => {
    const script: Script = { ledgerPositions: () => [position(10)], isUnreachable: true };
    const desk = scripted(script);
    await turns(desk, 30);
    expect(desk.posts).toEqual([]);
    expect(await positionsCheck(desk)).toMatchObject({ result: "failed" });
    expect((await desk.gateway.reconciliation(true)).frozen).toEqual([]);
  });

  test("a ledger that cannot be read is not flat either", async () => {
    const script: Script = {
      brokerPositions: () => theirs("10"),
      ledgerPositions: () => {
        throw new Error("away");
      },
    };
    const desk = scripted(script);
    await turns(desk, 30);
    expect(desk.posts).toEqual([]);
  });

  test("lesson 40: a fill that a healthy stream lost is found by the poll, as the order's own", async () => {
    const script: Script = { ledgerPositions: booked, brokerPositions: () => theirs("10") };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    script.executions = [executionOf("E1", "10")];
    desk.advance(POSITIONS_POLL_MS);
    await desk.gateway.watch();
    expect(fillsOf(desk.posts)).toMatchObject([{ executionId: "E1", clientOrderId: "o-1" }]);
    expect(await positionsCheck(desk)).toMatchObject({ result: "ok" });
  });

  test("are inferred after the quiet time, told to people, and agree from then on", async () => {
    const desk = scripted({ brokerPositions: () => theirs("10"), ledgerPositions: booked });
    await desk.gateway.watch();
    await turns(desk, INFERRED_FILL_QUIET_MS / POSITIONS_RECHECK_MS - 1);
    expect(desk.posts).toEqual([]);
    await turns(desk, 1);
    expect(fillsOf(desk.posts)).toMatchObject([{ side: "buy", quantity: "10", price: "100" }]);
    expect(desk.incidents).toHaveLength(1);
    await turns(desk, 20);
    expect(fillsOf(desk.posts)).toHaveLength(1);
    expect(await positionsCheck(desk)).toMatchObject({ result: "ok" });
    expect((await desk.gateway.reconciliation(true)).frozen).toEqual([]);
  });

  test("lesson 34: the real fill that comes later replaces the inferred one", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, 4);
    script.executions = [real()];
    await turns(desk, 20);
    const fills = fillsOf(desk.posts);
    expect(fills.map(signed)).toEqual([10, -10, 10]);
    expect(fills.at(-1)).toMatchObject({ executionId: "E9" });
    expect(await positionsCheck(desk)).toMatchObject({ result: "ok" });
  });

  test("lesson 34: the real fill replaces it also when it is reported long after its time", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, 4);
    // Older by now than what an ordinary reading asks for again.
    desk.advance(10 * EXECUTIONS_OVERLAP_MS);
    await desk.gateway.watch();
    script.executions = [real()];
    await turns(desk, 20);
    expect(fillsOf(desk.posts).map(signed)).toEqual([10, -10, 10]);
  });

  test("lesson 34: a real fill made after the same difference was first seen, while no comparison was made, replaces it", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    // What was seen now was an answer that lagged behind; the fill itself comes four seconds later.
    await desk.gateway.watch();
    desk.advance(INFERRED_FILL_QUIET_MS + 5_000);
    await desk.gateway.watch();
    script.executions = [real({ executedAt: START + 4_000 })];
    await turns(desk, 20);
    expect(fillsOf(desk.posts).map(signed)).toEqual([10, -10, 10]);
  });

  test("lesson 34: a late report of another fill that explained the same difference begins the quiet time anew", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, 1);
    // Traded now, and hidden, while the first one is told of at last.
    script.brokerPositions = () => theirs("20");
    script.executions = [real({ executionId: "E8" })];
    const second = real({ executedAt: START + POSITIONS_RECHECK_MS + 1_000 });
    await turns(desk, 4);
    expect(fillsOf(desk.posts).map(signed)).toEqual([10, 10]);
    script.executions = [second];
    await turns(desk, 20);
    expect(fillsOf(desk.posts).map(signed)).toEqual([10, 10, -10, 10]);
  });

  test("lesson 34: a fill that comes in the quiet time is not inferred besides", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    await desk.gateway.watch();
    script.executions = [real()];
    await turns(desk, 20);
    expect(fillsOf(desk.posts).map(({ executionId }) => executionId)).toEqual(["E9"]);
  });

  test("lesson 35: a run that died after booking books nothing again, and a second pass finds nothing", async () => {
    const script: Script = { brokerPositions: () => theirs("10"), ledgerPositions: booked };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, 4);
    const before = structuredClone([...desk.store.executions]);
    const all = (posts: readonly OrderPost[]) => booked([...desk.posts, ...posts]);
    const next = scripted(
      { brokerPositions: () => theirs("10"), ledgerPositions: all },
      desk.store,
    );
    next.advance(10 * POSITIONS_POLL_MS);
    await next.gateway.catchUp();
    await next.gateway.catchUp();
    expect(next.posts).toEqual([]);
    expect([...next.store.executions]).toEqual(before);
  });

  test("lesson 33: what does not converge is frozen after its tries, people are told once, and nothing more is booked", async () => {
    // The ledger never shows what was posted: the loop that others never left.
    const script: Script = {
      brokerPositions: () => theirs("0"),
      ledgerPositions: () => [position(10)],
    };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, RECONCILE_TRIES_MAX - 1);
    expect((await desk.gateway.reconciliation(true)).frozen).toEqual([]);
    await turns(desk, 1);
    const { frozen } = await desk.gateway.reconciliation(true);
    expect(frozen).toMatchObject([{ instrument: "SIM:AAA" }]);
    const posts = desk.posts.length;
    await turns(desk, 50);
    expect(desk.posts).toHaveLength(posts);
    expect(desk.incidents.filter(({ id }) => id.startsWith("frozen-"))).toHaveLength(1);
    expect(desk.commands).toMatchObject([
      { kind: "reconcile_failed", scope: "instrument:SIM:AAA" },
    ]);
  });

  test("a frozen instrument takes exits and no entries, until a person lets it trade", async () => {
    const script: Script = {
      brokerPositions: () => theirs("0"),
      ledgerPositions: () => [position(10)],
    };
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, RECONCILE_TRIES_MAX);
    const entry = await desk.gateway.submit(approvedWith({ clientOrderId: "in" }), 1);
    expect(entry.outcome).toBe("stopped");
    expect(desk.posts.at(-1)?.event).toMatchObject({
      reason: expect.stringMatching(/^INSTRUMENT_BLOCKED/),
    });
    const other = approvedWith({ clientOrderId: "other", instrument: "SIM:BBB" });
    expect((await desk.gateway.submit(other, 1)).outcome).toBe("accepted");
    const exit = approvedWith({ clientOrderId: "out", side: "sell", reduceOnly: true });
    expect((await desk.gateway.submit(exit, 1)).outcome).toBe("accepted");
    script.ledgerPositions = () => [position(0)];
    await desk.gateway.unfreeze(["SIM:AAA"], "ann");
    const again = await desk.gateway.submit(approvedWith({ clientOrderId: "in-2" }), 1);
    expect(again.outcome).toBe("accepted");
  });

  test("entries wait while a position is in doubt, before anything is frozen", async () => {
    const desk = scripted({ brokerPositions: () => theirs("7"), ledgerPositions: () => [] });
    await desk.gateway.catchUp();
    expect((await desk.gateway.submit(approvedWith(), 1)).outcome).toBe("stopped");
  });
});

describe("after the order stream came up", () => {
  test("lesson 39: executions since the last seen are read in before anything may be sent", async () => {
    const script: Script = { ledgerPositions: booked, brokerPositions: () => theirs("10") };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.catchUp();
    script.executions = [executionOf("E1", "4"), executionOf("E2", "6")];
    expect((await desk.gateway.catchUp()).ok).toBe(true);
    expect(fillsOf(desk.posts).map(({ executionId }) => executionId)).toEqual(["E1", "E2"]);
  });

  test.each([{ isUnreachable: true }, { ledgerIsAway: true }])(
    "it is not passed while a query or the ledger fails: %j",
    async (trouble) => {
      const script: Script = { ledgerPositions: booked, brokerPositions: () => theirs("10") };
      const desk = scripted(script);
      await desk.gateway.submit(approvedWith(), 1);
      Object.assign(script, trouble, { executions: [executionOf("E1", "10")] });
      expect((await desk.gateway.catchUp()).ok).toBe(false);
    },
  );
});

describe("orders and fills from outside", () => {
  test("lesson 42: a trade made by hand is adopted and told, and nothing breaks", async () => {
    const script: Script = { executions: [real()], ledgerPositions: booked };
    script.brokerPositions = () => theirs("10");
    const desk = scripted(script);
    await desk.gateway.watch();
    await turns(desk, 3);
    expect(fillsOf(desk.posts)).toMatchObject([{ clientOrderId: ID, quantity: "10" }]);
    expect(desk.incidents).toMatchObject([{ id: "external-simulated-X1" }]);
  });

  test("an incident that could not be laid down is offered again", async () => {
    const desk = scripted({ executions: [real()] });
    const tell = desk.incidents.push.bind(desk.incidents);
    let isAway = true;
    desk.incidents.push = (...rows) => {
      if (isAway) throw new Error("the tradebook is away");
      return tell(...rows);
    };
    await desk.gateway.watch();
    expect(desk.incidents).toHaveLength(0);
    isAway = false;
    await turns(desk, 1);
    expect(desk.incidents).toHaveLength(1);
  });
});
