/** New terms whose price nobody can tell are refused as the ledger says, and not lost in an error. */
import { expect, test } from "vitest";
import type { Caller } from "../../../src/application/caller.ts";
import { modifyOrder } from "../../../src/application/modify-order.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts } from "../../../src/application/ports.ts";
import type { Order, OrderChanges } from "../../../src/domain/order.ts";
import { err, ok } from "../../../src/domain/result.ts";
import { SIMULATED_RULES } from "../../support/orders/broker-faults.ts";
import { approvedWith, START } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const ADMIN: Caller = { kind: "person", id: "p", algoId: null, scopes: ["admin"] };
const ORDER = { ...approvedWith().intent, state: "new", epoch: 1 } as Order;
const CHANGES: OrderChanges = { quantity: "20", limitPrice: null, stopPrice: null };
const STALE = { code: "STALE_PRICE", message: "no price", scope: "portfolio" } as const;
const MARK = {
  instrument: INSTRUMENT.id,
  price: 100,
  bid: null,
  ask: null,
  time: 1,
  provider: "x",
};

/** A ledger that takes new terms only with a price. */
function played(mark: () => Promise<typeof MARK | null>) {
  const logged: string[] = [];
  const ports = {
    ledger: {
      order: async () => ORDER,
      reserveReplace: async (_id: string, _changes: OrderChanges, facts: IntentFacts) =>
        facts.mark ? ok(ORDER) : err({ ...STALE, limit: null, asked: null, have: null }),
    },
    gateway: () => ({ modify: async () => ORDER }),
    market: () => ({
      rules: SIMULATED_RULES,
      instrument: async () => INSTRUMENT,
      isOpen: async () => true,
      mark,
    }),
    log: (_level: string, event: string) => void logged.push(event),
  } as unknown as OrderPorts;
  return { logged, modified: () => modifyOrder(ports, ADMIN, "o-1", CHANGES, START) };
}

test("a price that cannot be told leaves the ledger's refusal of new terms as it is", async () => {
  const { logged, modified } = played(() => Promise.reject(new Error("the feed is away")));
  expect(await modified()).toMatchObject({ ok: false, error: { code: "STALE_PRICE" } });
  expect(logged).toEqual(["price_not_told"]);
});

test("a price that can be told is brought to the ledger once", async () => {
  const { logged, modified } = played(async () => MARK);
  expect(await modified()).toMatchObject({ ok: true });
  expect(logged).toEqual([]);
});
