/** What a flatten and a close ask for when a part of the position was closed past the platform. */
import { expect, test } from "vitest";
import { closePositions } from "../../../src/application/close-positions.ts";
import { flattenScope } from "../../../src/application/flatten.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts } from "../../../src/application/ports.ts";
import { FLATTEN_PARTS_MAX } from "../../../src/domain/halt-limits.ts";
import type { OrderIntent } from "../../../src/domain/order.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const NOW = 1_800_000_000_000;

/** The ledger of these positions, which denies whatever it is asked for and keeps what that was. */
function ledgerOf(
  positions: Record<string, string>,
  { refuses = "MARKET_CLOSED", lotSize = "1", minQuantity = "1" } = {},
) {
  const asked: OrderIntent[] = [];
  const brought: IntentFacts[] = [];
  const rows = Object.entries(positions).map(([algoId, quantity]) => ({
    algoId,
    account: "simulated",
    instrument: INSTRUMENT.id,
    quantity,
  }));
  const ports = {
    ledger: {
      positions: async () => rows,
      order: async () => null,
      reserve: async (intent: OrderIntent, facts: IntentFacts) => {
        asked.push(intent);
        brought.push(facts);
        return { kind: "denied", order: null, refusal: { code: refuses, message: `${refuses}.` } };
      },
    },
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => ({ ...INSTRUMENT, lotSize, minQuantity }),
      isOpen: async () => true,
    }),
    hasKey: async () => true,
    log: () => {},
  } as unknown as OrderPorts;
  const asks = () => asked.map(({ algoId, side, quantity }) => `${algoId} ${side} ${quantity}`);
  return { ports, asks, asked, brought };
}

test.each([
  ["nothing was traded past us", { momentum: "5" }, ["momentum sell 5"]],
  ["a part was liquidated", { momentum: "5", external: "-2" }, ["momentum sell 3"]],
  ["a short was bought back in part", { momentum: "-5", external: "4" }, ["momentum buy 1"]],
  ["all of it was liquidated", { momentum: "5", external: "-5" }, []],
  [
    "a share of the cut is no whole lot",
    { momentum: "3", reversal: "2", external: "-1" },
    ["momentum sell 2", "reversal sell 1"],
  ],
])("a flatten of the algos, when %s", async (_when, positions, expected) => {
  const { ports, asks } = ledgerOf(positions);
  for (const algo of Object.keys(positions).filter((each) => each !== "external"))
    await flattenScope(ports, `algo:${algo}`, NOW);
  expect(asks()).toEqual(expected);
});

test("a scope with nothing left to close is flat", async () => {
  const { ports } = ledgerOf({ momentum: "5", external: "-5" });
  expect(await flattenScope(ports, "algo:momentum", NOW)).toEqual({
    positions: 0,
    sent: 0,
    refusals: [],
  });
});

test.each([
  ["1000", "1", ["1000"]],
  ["1001", "1", ["500", "501"]],
  ["-2500", "1", ["833", "833", "834"]],
  ["2500", "300", ["600", "900", "900"]],
  ["2400", "1000", ["1000", "1000"]],
])(
  "a flatten of %s in lots of %s is split by what the largest order is, 1000",
  async (held, lotSize, parts) => {
    const { ports, asked } = ledgerOf({ momentum: held }, { lotSize });
    await flattenScope(ports, "portfolio", NOW);
    expect(asked.map(({ quantity }) => quantity)).toEqual(parts);
    expect(new Set(asked.map(({ clientOrderId }) => clientOrderId)).size).toBe(parts.length);
  },
);

test.each([
  ["1100", "600", ["1000"]],
  ["1300", "600", ["650", "650"]],
  ["599", "600", []],
])("a flatten of %s asks for no part below the smallest order of %s", async (held, min, parts) => {
  const { ports, asked } = ledgerOf({ momentum: held }, { minQuantity: min });
  const { refusals } = await flattenScope(ports, "portfolio", NOW);
  expect(asked.map(({ quantity }) => quantity)).toEqual(parts);
  expect(refusals.join().includes("it is less than the smallest order")).toBe(parts.length === 0);
});

test("one try of a flatten sends a bounded number of orders", async () => {
  const { ports, asked } = ledgerOf({ momentum: "1000000" });
  await flattenScope(ports, "portfolio", NOW);
  expect(asked).toHaveLength(FLATTEN_PARTS_MAX);
  expect(new Set(asked.map(({ quantity }) => quantity))).toEqual(new Set(["1000"]));
});

test("a flatten goes under the ledger's own lease, whatever region asks for it", async () => {
  const { ports, brought } = ledgerOf({ momentum: "5" });
  await flattenScope({ ...ports, epoch: async () => 0 }, "portfolio", NOW);
  expect(brought).toMatchObject([{ flattens: true }]);
  expect(brought[0]?.epoch).toBeUndefined();
});

test("a flatten answers why a position cannot be closed, unless that is on its way", async () => {
  const refused = await flattenScope(ledgerOf({ momentum: "2500" }).ports, "portfolio", NOW);
  expect(refused.refusals).toEqual([
    `2500 ${INSTRUMENT.id} of momentum at simulated: MARKET_CLOSED.`,
  ]);
  const { ports } = ledgerOf({ momentum: "5" }, { refuses: "REDUCE_ONLY" });
  expect((await flattenScope(ports, "portfolio", NOW)).refusals).toEqual([]);
  const odd = ledgerOf({ momentum: "5" }, { lotSize: "10" });
  expect((await flattenScope(odd.ports, "portfolio", NOW)).refusals).toEqual([
    `5 ${INSTRUMENT.id} of momentum at simulated: it is less than the smallest order.`,
  ]);
  expect(odd.asked).toEqual([]);
});

test("a close without a quantity asks for what is left of the position", async () => {
  const { ports, asks } = ledgerOf({ momentum: "5", external: "-2" });
  const caller = { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] } as const;
  const request = { closeId: "close-1", cancelOpen: false };
  await closePositions(ports, { ...caller, scopes: ["trade"] }, request, NOW);
  expect(asks()).toEqual(["momentum sell 3"]);
});
