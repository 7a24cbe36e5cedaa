import { expect, test, vi } from "vitest";
import type { BrokerTrading } from "../../../../src/brokers/broker.ts";
import { Limiter, metered } from "../../../../src/application/gateway/limiter.ts";
import type { OrderEvent } from "../../../../src/domain/order.ts";
import { LOOK_UP_RATE_WAIT_MS_MAX } from "../../../../src/domain/limits.ts";
import { ok } from "../../../../src/domain/result.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import { approvedWith, scripted, START, type Script } from "../../../support/orders/scripted.ts";

/** Ten calls a second, four of which are kept for orders. */
const RULES = {
  ...SIMULATED_RULES,
  meters: [
    {
      name: "requests",
      scope: "key",
      perSecond: 10,
      burst: 10,
      orderReserve: 4,
      weights: { submit: 1, cancel: 1, open_orders: 2 },
    },
  ],
} as const;

function limited({ isFrozen = false } = {}) {
  let now = START;
  const limiter = new Limiter(RULES, {
    now: () => now,
    sleep: async (ms) => void (now += isFrozen ? 0 : ms),
  });
  const openOrders = vi.fn<BrokerTrading["openOrders"]>(async () => ok([]));
  const broker = metered({ rules: RULES, openOrders } as unknown as BrokerTrading, limiter);
  return { limiter, broker, openOrders, now: () => now };
}

test("a look-up waits for a turn above the orders' reserve, and the order takes the reserve at once", async () => {
  const { limiter, broker, openOrders, now } = limited();
  for (let poll = 0; poll < 4; poll += 1) await broker.openOrders();
  // Three went from the 6 tokens above the reserve, the fourth waited for 2 more.
  expect(openOrders).toHaveBeenCalledTimes(4);
  expect(now() - START).toBe(200);
  for (let order = 0; order < 4; order += 1)
    expect(await limiter.order("submit", "SIM:AAA")).toBeNull();
  expect(now() - START).toBe(200);
});

test("a look-up that gets no turn in time fails by name, and is not sent", async () => {
  const { limiter, broker, openOrders } = limited();
  // Cancels go whatever happens, and have used up the next seconds.
  const owed = (LOOK_UP_RATE_WAIT_MS_MAX / 1_000) * RULES.meters[0].perSecond;
  for (let cancel = 0; cancel < owed + 10; cancel += 1) limiter.cancel("SIM:AAA");
  const answer = await broker.openOrders();
  expect(answer).toMatchObject({ ok: false, error: { kind: "rate_limited" } });
  expect(openOrders).not.toHaveBeenCalled();
});

test("an order past the bounded wait is told which scope is full, and takes nothing", async () => {
  const { limiter } = limited({ isFrozen: true });
  const answers = await Promise.all(
    Array.from({ length: 25 }, () => limiter.order("submit", "SIM:AAA")),
  );
  // The burst, then what one second refills.
  expect(answers.filter((answer) => answer === null)).toHaveLength(20);
  expect(answers.at(-1)).toBe(
    "more than 10 calls per second of the broker's requests, counted by key",
  );
  expect(limiter.usage()).toMatchObject([{ name: "requests", used: 20, capacity: 10, reserve: 4 }]);
});

test("lesson 54: an order's history tells queue, limiter, network and broker apart", async () => {
  const script: Script = {};
  const desk = scripted(script);
  script.submit = async () => {
    desk.advance(80);
    return { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false, brokerMs: 30 };
  };
  // The approval was 25 ms before the gateway had it.
  desk.advance(25);
  await desk.gateway.submit(approvedWith(), 1);
  // 60 at one moment: the burst of 50, the one above included, goes at once; the last of them waits.
  const rest = Array.from({ length: 59 }, (_, n) => approvedWith({ clientOrderId: `n-${n}` }));
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  for (const order of rest) await desk.gateway.submit(order, 1);

  const stages = desk.posts.map(({ event }) => (event as OrderEvent & { stages?: unknown }).stages);
  expect(stages[0]).toEqual({ queueMs: 25, limiterMs: 0, networkMs: 50, brokerMs: 30 });
  expect(stages.at(-1)).toMatchObject({
    queueMs: expect.any(Number),
    limiterMs: 20,
    brokerMs: null,
  });
});
