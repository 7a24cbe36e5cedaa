/** The kill switch as a use case: what it asks for at what time. */
import { expect, test } from "vitest";
import { haltTrading } from "../../../src/application/halt-trading.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const NOW = 1_800_000_000_000;
const YESTERDAY = NOW - 86_400_000;

test("a flatten of a scope that was halted yesterday asks whether its market is open now", async () => {
  const asked: number[] = [];
  const halt = { scope: "portfolio", state: "halted", version: 9, since: YESTERDAY };
  const position = { algoId: "momentum", account: "simulated", quantity: "10" };
  const refusal = { code: "MARKET_CLOSED", message: "closed." };
  const ports = {
    ledger: {
      trip: async () => ({ ...halt, openOrders: 0, toCancel: [], algosStopped: [] }),
      positions: async () => [{ ...position, instrument: INSTRUMENT.id }],
      reserve: async () => ({ kind: "denied", order: null, refusal }),
    },
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => INSTRUMENT,
      isOpen: async (_: unknown, now: number) => void asked.push(now),
    }),
    log: () => {},
  } as unknown as OrderPorts;
  await haltTrading(ports, ADMIN, "portfolio", "out of all", NOW, true);
  expect(asked).toEqual([NOW]);
});
