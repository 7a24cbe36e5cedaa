/** Two accounts, of which one's gateway never answers: what is for the other goes out all the same. */
import { expect, test } from "vitest";
import { cancelAll } from "../../../src/application/cancel-all.ts";
import { haltTrading } from "../../../src/application/halt-trading.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { ApprovedOrder, Order, OrderIntent } from "../../../src/domain/order.ts";
import { GATEWAY_SILENT_MS } from "../../../src/domain/halt-limits.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { START } from "../../support/orders/scripted.ts";
import { Timeline } from "../../support/orders/timeline.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const ACCOUNTS = ["silent", "other"];

/** Gateways of both, with what each was handed. The living one takes `tookMs` for each cancel. */
function twoGateways(tookMs = 0) {
  const timeline = new Timeline(START);
  const handed: Record<string, string[]> = { silent: [], other: [] };
  const take = async (account: string, id: string): Promise<void> => {
    handed[account]?.push(id);
    if (account === "silent") await Promise.withResolvers().promise;
    if (tookMs > 0) await timeline.sleep(tookMs);
  };
  const toCancel = ACCOUNTS.flatMap((account) =>
    Array.from({ length: 25 }, (_, number) => ({ clientOrderId: `c-${number}`, account }) as Order),
  );
  const ports = {
    ledger: {
      trip: async () => ({ scope: "portfolio", state: "halted", since: START, toCancel }),
      positions: async () =>
        ACCOUNTS.map((account) => ({
          algoId: "momentum",
          account,
          instrument: INSTRUMENT.id,
          quantity: "10",
        })),
      reserve: async (intent: OrderIntent) => ({
        kind: "approved",
        approved: { intent } as ApprovedOrder,
      }),
    },
    gateway: (account: string) => ({
      cancel: (id: string) => take(account, id),
      submit: async ({ intent }: ApprovedOrder) => {
        await take(account, `sell ${intent.quantity}`);
        return { outcome: "accepted" };
      },
    }),
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce: ["day"] },
      instrument: async () => INSTRUMENT,
      isOpen: async () => true,
    }),
    sleep: (ms: number) => timeline.sleep(ms),
    log: () => {},
  } as unknown as OrderPorts;
  return { ports, handed, toCancel, timeline };
}

test("the cancels of the other account are all handed over at once, and those of the silent one wait for it no longer than is named", async () => {
  const { ports, handed, toCancel, timeline } = twoGateways();
  const done = cancelAll(ports, toCancel);
  await timeline.runUntil(START);
  expect(handed["other"]).toHaveLength(25);
  await timeline.runUntil(START + GATEWAY_SILENT_MS);
  expect(await done).toBe(25);
  expect(handed["silent"]).toHaveLength(25);
});

test("a gateway that is only slow is waited for, burst after burst", async () => {
  const { ports, toCancel, timeline } = twoGateways(GATEWAY_SILENT_MS - 1);
  const done = cancelAll(
    ports,
    toCancel.filter(({ account }) => account === "other"),
  );
  await timeline.runUntil(START + GATEWAY_SILENT_MS * 3);
  expect(await done).toBe(25);
});

test("a kill switch that flattens closes at the other account, and answers", async () => {
  const { ports, handed, timeline } = twoGateways();
  const halted = haltTrading(ports, ADMIN, "portfolio", "crash", START, true);
  await timeline.runUntil(START + 2 * GATEWAY_SILENT_MS);
  expect(await halted).toMatchObject({ ok: true, value: { cancelsSent: 25, flattened: 2 } });
  expect(handed["other"]).toContain("sell 10");
});
