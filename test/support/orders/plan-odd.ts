/** Orders that some check has to refuse, limits of every kind, and what people lay down: drawn so that each reason for a refusal occurs. */
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { ODD_WAYS } from "./odd-ways.ts";
import type { Step } from "./plan-steps.ts";
import type { Random } from "./random.ts";

/** Limits, each with the range that it is drawn from: around what a run comes to. */
const LIMITS: readonly [LimitName, from: number, to: number][] = [
  ["orderNotional", 100, 500],
  ["openOrders", 1, 6],
  ["ordersPerSecond", 1, 2],
  // Twice: it takes many orders to come to it.
  ["ordersPerDay", 1, 4],
  ["ordersPerDay", 1, 8],
  ["positionQuantity", 1, 12],
  ["positionNotional", 100, 1_200],
  ["moneyAtRiskInstrument", 50, 900],
  ["moneyAtRiskAlgo", 50, 900],
  ["moneyAtRiskPortfolio", 50, 1_200],
  ["grossExposure", 100, 1_500],
  ["netExposure", 100, 1_000],
  ["markAgeMs", 500, 5_000],
];

const SCOPES: readonly [ScopeText, ...ScopeText[]] = [
  "portfolio",
  "portfolio",
  "algo:momentum",
  "algo:reversal",
  "instrument:SIM:AAA",
];

export function planOdd(steps: Step[], random: Random): void {
  const at = (): number => random.between(0, 30_000);
  for (let number = 1; number <= 3; number += 1)
    if (random.chance(0.4)) {
      const way = random.pick(ODD_WAYS);
      const side = random.pick(["buy", "sell"] as const);
      steps.push({ kind: "odd", at: at(), clientOrderId: `odd-${number}`, way, side });
    }
  if (random.chance(0.2)) {
    const moment = at();
    const side = random.pick(["buy", "sell"] as const);
    for (let number = 1; number <= 3; number += 1) {
      const clientOrderId = `burst-${number}`;
      const then = moment + random.between(0, 300);
      steps.push({ kind: "odd", at: then, clientOrderId, way: "plain", side });
    }
  }
  for (let time = 0; time < 2; time += 1)
    if (random.chance(0.4)) {
      const [name, from, to] = random.pick(LIMITS as [(typeof LIMITS)[0], ...typeof LIMITS]);
      const value = String(random.between(from, to));
      steps.push({ kind: "limit", at: at() / 2, scope: random.pick(SCOPES), name, value });
    }
  if (random.chance(0.25)) {
    const scope = random.pick(["portfolio", "algo:momentum", "instrument:SIM:AAA"]);
    steps.push({ kind: "restrict", at: at(), scope, forMs: random.between(500, 30_000) });
  }
  if (random.chance(0.15))
    steps.push({ kind: "market_closed", at: at(), forMs: random.between(500, 30_000) });
  // A loss that latches nothing, so that the limit itself has to refuse.
  if (random.chance(0.3))
    steps.push({
      kind: "unlatched_loss",
      at: at() / 2,
      name: random.pick(["dailyLoss", "drawdown"]),
      to: random.pick([96, 104]),
      forMs: random.between(3_000, 20_000),
    });
}
