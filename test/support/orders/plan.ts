/** What a run does, drawn from its seed before it starts: a list of steps that a search for the shortest failure can cut. */
import type { OrderType } from "../../../src/domain/order.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { PLENTY } from "./account.ts";
import { drawFaults, type WorldFaults } from "./faults.ts";
import { FEED_TROUBLES } from "./feed.ts";
import { planTurned } from "./plan-brackets.ts";
import { planOdd } from "./plan-odd.ts";
import { planOrder } from "./plan-orders.ts";
import { MARKET_ORDER, PLACED_FATES, type AlgoName, type Step } from "./plan-steps.ts";
import { seededRandom, type Random } from "./random.ts";

export interface Plan {
  seed: number;
  steps: Step[];
  faults: WorldFaults;
  /** What the account begins with. */
  money: number;
}

const SCOPES: [ScopeText, ...ScopeText[]] = ["algo:momentum", "portfolio", "account:simulated"];

/** Longer than any run. */
const FOR_GOOD_MS = 10_000_000;

export function planOf(seed: number): Plan {
  const random = seededRandom(seed ^ 0x5bd1e995);
  const steps: Step[] = [];
  const orders = random.between(3, 12);
  for (let number = 1; number <= orders; number += 1) planOrder(steps, random, `order-${number}`);
  planTrouble(steps, random);
  planPeople(steps, random);
  planRisk(steps, random);
  const money = planMoney(steps, random);
  planPrices(steps, random);
  planOdd(steps, random);
  planUnheard(steps, seededRandom(seed ^ 0x27d4eb2f));
  planCut(steps, seededRandom(seed ^ 0x165667b1));
  planLateDesk(steps, seededRandom(seed ^ 0x68e31da4));
  planClosingLoss(steps, seededRandom(seed ^ 0x2545f491));
  planTurned(steps, seededRandom(seed ^ 0x1b873593));
  planCancelInDoubt(steps, seededRandom(seed ^ 0x3c6ef372));
  return { seed, steps: steps.sort((a, b) => a.at - b.at), faults: drawFaults(random), money };
}

const soon = (random: Random): number => random.between(1_000, 30_000);

/** What breaks, and what happens past us. */
function planTrouble(steps: Step[], random: Random): void {
  const at = (): number => soon(random);
  const maybe = (probability: number, make: () => Step): void => {
    if (random.chance(probability)) steps.push(make());
  };
  const hiddenForMs = (): number => (random.chance(0.3) ? random.between(5_000, 90_000) : 0);
  for (let time = 0; time < 2; time += 1) {
    maybe(0.25, () => ({
      kind: "external",
      at: at(),
      side: random.pick(["buy", "sell"]),
      quantity: random.between(1, 4),
      hiddenForMs: hiddenForMs(),
    }));
    maybe(0.35, () => ({
      kind: "external_order",
      at: at(),
      instrument: random.pick(["SIM:AAA", "SIM:BBB"]),
      side: random.pick(["buy", "sell"]),
      quantity: random.between(1, 5),
      type: random.pick<OrderType>(["limit", "limit", "stop", "market"]),
      foreignId: random.chance(0.3) ? `program-${time}` : null,
      fate: random.pick(PLACED_FATES),
      afterMs: random.between(0, 40_000),
    }));
    maybe(0.2, () => ({
      kind: "clock_jump",
      at: at(),
      // After a wide one entries are refused until the clocks agree; after a small one trading goes on.
      ms: random.chance(0.5) ? random.between(-900, 900) : random.between(-20_000, 20_000),
    }));
    maybe(0.3, () => ({ kind: "broker_restart", at: at(), forMs: random.between(500, 15_000) }));
    maybe(0.3, () => ({ kind: "gateway_crash", at: at() }));
    maybe(0.3, () => ({ kind: "ledger_eviction", at: at() }));
  }
  maybe(0.1, () => ({
    kind: "liquidation",
    at: at(),
    instrument: random.pick(["SIM:AAA", "SIM:BBB"]),
    hiddenForMs: hiddenForMs(),
  }));
  maybe(0.15, () => ({ kind: "session_end", at: random.between(5_000, 60_000) }));
  maybe(0.25, () => ({ kind: "takeover", at: at() }));
  maybe(0.25, () => ({
    kind: "submit_old_region",
    at: at(),
    clientOrderId: "old-region",
    algo: "momentum",
    side: random.pick(["buy", "sell"]),
    quantity: 1,
    type: "limit",
    timeInForce: "gtc",
    bracket: false,
    reduceOnly: false,
  }));
}

/**
 * An order that is placed past us while the broker cannot be reached, and changed there after a halt: it is
 * heard of only then. By a random of its own, so that all other runs are as they would be without.
 */
function planUnheard(steps: Step[], random: Random): void {
  if (!random.chance(0.06)) return;
  const at = soon(random);
  const scope = random.pick<ScopeText>(["portfolio", "account:simulated"]);
  steps.push(
    { kind: "broker_restart", at, forMs: 12_000 },
    {
      kind: "external_order",
      at: at + 1_000,
      instrument: random.pick(["SIM:AAA", "SIM:BBB"]),
      side: random.pick(["buy", "sell"]),
      quantity: random.between(1, 5),
      type: random.pick<OrderType>(["limit", "stop"]),
      foreignId: null,
      fate: "changed_there",
      afterMs: random.between(4_000, 8_000),
    },
    { kind: "halt", at: at + 3_000, scope, forMs: FOR_GOOD_MS, flatten: false },
  );
}

/** Somebody trades at the broker against what an algo holds, and all is to be flat after it. By a random of its own, too. */
function planCut(steps: Step[], random: Random): void {
  if (!random.chance(0.08)) return;
  const at = soon(random);
  const [side, other] = random.pick([["buy", "sell"] as const, ["sell", "buy"] as const]);
  steps.push(
    { ...MARKET_ORDER, at, clientOrderId: "cut", side, quantity: random.between(3, 5) },
    {
      kind: "external",
      at: at + random.between(2_000, 6_000),
      side: other,
      quantity: random.between(1, 7),
      hiddenForMs: 0,
    },
    {
      kind: "halt",
      at: at + random.between(8_000, 20_000),
      scope: random.pick<ScopeText>(["portfolio", "account:simulated"]),
      forMs: FOR_GOOD_MS,
      flatten: true,
    },
  );
}

/** A person who comes to the desk when the trouble is long over: all that lies there is sent again, or executed by hand. */
function planLateDesk(steps: Step[], random: Random): void {
  if (random.chance(0.3))
    steps.push({ kind: "desk", at: random.between(100_000, 200_000), way: "retry" });
  if (random.chance(0.3))
    steps.push({ kind: "desk", at: random.between(60_000, 200_000), way: "hand" });
}

/** A person halts an algo to look at it, and its loss passes a limit at which it is to be closed. By a random of its own, too. */
function planClosingLoss(steps: Step[], random: Random): void {
  if (!random.chance(0.06)) return;
  const at = soon(random);
  const side = random.pick(["buy", "sell"] as const);
  const scope = "algo:momentum";
  steps.push(
    { ...MARKET_ORDER, at, clientOrderId: "losing", side, quantity: random.between(3, 5) },
    {
      kind: "halt",
      at: at + random.between(4_000, 9_000),
      scope,
      forMs: FOR_GOOD_MS,
      flatten: false,
    },
    {
      kind: "loss",
      at: at + random.between(10_000, 20_000),
      scope,
      instrument: "SIM:AAA",
      limit: String(random.between(1, 4)),
      to: side === "buy" ? 97 : 103,
      forMs: FOR_GOOD_MS,
      flatten: true,
    },
  );
}

/** An order that rests, and is canceled while nobody knows whether it does. By a random of its own, too. */
function planCancelInDoubt(steps: Step[], random: Random): void {
  if (!random.chance(0.04)) return;
  const order = { ...MARKET_ORDER, clientOrderId: "in-doubt", type: "stop", quantity: 1 } as const;
  const [at, side] = [soon(random), random.pick(["buy", "sell"] as const)];
  steps.push({ ...order, at, side, timeInForce: "gtc" });
  steps.push({ kind: "cancel_in_doubt", at, clientOrderId: order.clientOrderId });
}

/** What people and algos do to many orders at once. */
function planPeople(steps: Step[], random: Random): void {
  const algo = (): AlgoName => random.pick(["momentum", "reversal"]);
  if (random.chance(0.15)) steps.push({ kind: "cancel_all", at: soon(random), algo: algo() });
  if (random.chance(0.3)) {
    const close = { closeId: "close-1", algo: algo(), cancelOpen: random.chance(0.5) };
    const at = soon(random);
    steps.push({ kind: "close", at, ...close });
    // Whoever got no answer asks again.
    if (random.chance(0.3))
      steps.push({ kind: "close", at: at + random.between(0, 5_000), ...close });
  }
  if (random.chance(0.4)) {
    const flatten = random.chance(0.4);
    const forGood = random.chance(0.5);
    const forMs = forGood ? FOR_GOOD_MS : random.between(2_500, 20_000);
    const at = soon(random);
    steps.push({ kind: "halt", at, scope: random.pick(SCOPES), forMs, flatten });
    // A broker that does not cancel what a halt is to cancel, for longer than anybody waits for it.
    if (random.chance(0.3))
      steps.push({ kind: "cancel_refusals", at: at - 500, forMs: random.between(2_000, 60_000) });
  }
  if (random.chance(0.1))
    steps.push({ kind: "cancel_refusals", at: soon(random), forMs: random.between(1_000, 20_000) });
  for (let time = 0; time < 3; time += 1)
    if (random.chance(0.5)) {
      const way = random.pick<"hand" | "discard" | "retry">(["hand", "hand", "discard", "retry"]);
      steps.push({ kind: "desk", at: random.between(15_000, 150_000), way });
    }
  if (random.chance(0.2))
    steps.push({ kind: "accept_positions", at: random.between(60_000, 150_000) });
}

/** Most accounts have plenty; some have hardly enough for what is asked. Answers what it begins with. */
function planMoney(steps: Step[], random: Random): number {
  const scarce = random.chance(0.3);
  for (let time = 0; time < 2; time += 1)
    if (random.chance(0.4)) {
      const change = random.between(-500, 500);
      steps.push({ kind: "money", at: soon(random), change });
    }
  return scarce ? random.between(300, 2_500) : PLENTY;
}

/** Prices that move, and prices that are not told as they are. */
function planPrices(steps: Step[], random: Random): void {
  const instrument = (): string => random.pick(["SIM:AAA", "SIM:BBB"]);
  if (random.chance(0.25)) {
    const to = random.pick([90, 96, 99, 101, 104, 110]);
    const forMs = random.between(1_000, 30_000);
    steps.push({ kind: "price", at: soon(random), instrument: instrument(), to, forMs });
  }
  for (let time = 0; time < 2; time += 1)
    if (random.chance(0.25)) {
      const trouble = random.pick(FEED_TROUBLES);
      const forMs = random.between(2_000, 45_000);
      steps.push({ kind: "feed", at: soon(random), instrument: instrument(), trouble, forMs });
    }
}

/** Limits that change, losses that grow, a broker that refuses. */
function planRisk(steps: Step[], random: Random): void {
  for (let time = 0; time < 2; time += 1) {
    if (random.chance(0.3)) {
      const value = String(random.between(1, 12));
      const at = soon(random);
      steps.push({ kind: "limit", at, scope: "portfolio", name: "positionQuantity", value });
    }
    if (random.chance(0.3)) {
      const value = String(random.between(1, 6));
      steps.push({
        kind: "limit",
        at: soon(random),
        scope: "portfolio",
        name: "openOrders",
        value,
      });
    }
  }
  if (random.chance(0.25)) {
    const scope = random.pick<ScopeText>(["algo:momentum", "algo:reversal", "portfolio"]);
    steps.push({
      kind: "loss",
      at: soon(random),
      scope,
      instrument: random.pick(["SIM:AAA", "SIM:BBB"]),
      limit: String(random.between(1, 8)),
      to: random.pick([97, 103]),
      forMs: random.between(3_000, 20_000),
      flatten: false,
    });
  }
  if (random.chance(0.1)) {
    const forMs = random.between(3_000, 15_000);
    steps.push({ kind: "reject_storm", at: soon(random), count: random.between(2, 3), forMs });
  }
}
