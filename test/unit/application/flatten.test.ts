/** What a flatten and a close ask for when a part of the position was closed past the platform. */
import { expect, test } from "vitest";
import { closePositions } from "../../../src/application/close-positions.ts";
import { flattenScope } from "../../../src/application/flatten.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { OrderIntent } from "../../../src/domain/order.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const NOW = 1_800_000_000_000;

/** The ledger of these positions, which denies whatever it is asked for and keeps what that was. */
function ledgerOf(positions: Record<string, string>) {
  const asked: OrderIntent[] = [];
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
      reserve: async (intent: OrderIntent) => {
        asked.push(intent);
        return { kind: "denied", order: null, refusal: { code: "MARKET_CLOSED", message: "" } };
      },
    },
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => INSTRUMENT,
      isOpen: async () => true,
    }),
    hasKey: async () => true,
    log: () => {},
  } as unknown as OrderPorts;
  const asks = () => asked.map(({ algoId, side, quantity }) => `${algoId} ${side} ${quantity}`);
  return { ports, asks };
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
  expect(await flattenScope(ports, "algo:momentum", NOW)).toEqual({ positions: 0, sent: 0 });
});

test("a close without a quantity asks for what is left of the position", async () => {
  const { ports, asks } = ledgerOf({ momentum: "5", external: "-2" });
  const caller = { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] } as const;
  const request = { closeId: "close-1", cancelOpen: false };
  await closePositions(ports, { ...caller, scopes: ["trade"] }, request, NOW);
  expect(asks()).toEqual(["momentum sell 3"]);
});
