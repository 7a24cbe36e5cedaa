/** `DAILY_LOSS` and `DRAWDOWN`: past them entries are refused, over the scope that sets the limit; exits always pass. */
import { minDecimal, ZERO } from "../../decimal.ts";
import { limitsOn } from "../case.ts";
import type { IntentCase } from "../case.ts";
import { profitOf } from "../exposure.ts";
import { fits, type Note } from "../margin.ts";
import { refuse, shown } from "../refusal-of.ts";
import type { Refusal, RefusalCode } from "../refusal.ts";
import type { Aggregate } from "../state.ts";
import { namesOfUnvalued } from "../unvalued.ts";
import type { RiskCheck } from "./check.ts";

/**
 * Which positions that cannot be valued are taken at their stop: none; those that have no good price;
 * or also those whose last good one has grown old.
 */
export type Doubt = "none" | "no_price" | "all";

/** What the scope may be worth at worst. */
function worstProfitNow({ figures }: Aggregate, doubt: Doubt) {
  const profit = profitOf(figures);
  if (doubt === "none") return profit;
  return profit.minus(doubt === "all" ? figures.doubt : figures.doubt.minus(figures.agedDoubt));
}

/** Lowest profit of the day, so that a loss that recovered, or a restart, does not give the budget back. */
export const dayLoss = (aggregate: Aggregate, doubt: Doubt = "all") =>
  aggregate.day.startProfit.minus(
    minDecimal(aggregate.day.worstProfit, worstProfitNow(aggregate, doubt)),
  );

/** From the highest profit ever seen, not from the start. */
export const drawdownOf = (aggregate: Aggregate, doubt: Doubt = "all") =>
  aggregate.day.peakProfit.minus(worstProfitNow(aggregate, doubt));

interface Loss {
  code: RefusalCode;
  name: "dailyLoss" | "drawdown";
  measure: (aggregate: Aggregate) => ReturnType<typeof dayLoss>;
  words: string;
}

const DAILY_LOSS: Loss = {
  code: "DAILY_LOSS",
  name: "dailyLoss",
  measure: dayLoss,
  words: "lost today",
};

const DRAWDOWN: Loss = {
  code: "DRAWDOWN",
  name: "drawdown",
  measure: drawdownOf,
  words: "below its peak",
};

export const dailyLoss: RiskCheck = {
  applies: "entries",
  check(each, note) {
    return unvaluedAlgo(each) ?? over(each, note, DAILY_LOSS);
  },
};

export const drawdown: RiskCheck = {
  applies: "entries",
  check: (each, note) => over(each, note, DRAWDOWN),
};

/** An algo whose own positions cannot be valued has a loss that nobody knows: it may only get out. */
function unvaluedAlgo({ state, intent }: IntentCase): Refusal | null {
  const scope = `algo:${intent.algoId}`;
  const unvalued = state.aggregates.get(scope)?.figures.unvalued ?? 0;
  if (unvalued === 0) return null;
  return refuse(
    "DAILY_LOSS",
    { scope },
    `${scope} holds ${namesOfUnvalued(state, scope)} without a price that is good and young enough, so its loss is not known; only exits pass until the feed of what is named here is live, or it is closed.`,
  );
}

function over(
  each: IntentCase,
  note: Note | undefined,
  { code, name, measure, words }: Loss,
): Refusal | null {
  for (const { scope, value } of limitsOn(each, name)) {
    const aggregate = each.state.aggregates.get(scope);
    if (!aggregate) continue;
    const have = measure(aggregate);
    const facts = { scope, limit: value, have };
    if (fits({ ...facts, unit: "base", after: have }, note)) continue;
    const doubt = aggregate.figures.doubt.gt(ZERO)
      ? ` with ${shown(aggregate.figures.doubt)} for what has no usable price (${namesOfUnvalued(each.state, scope)})`
      : "";
    return refuse(
      code,
      facts,
      `${scope} is ${shown(have)} ${words}${doubt}, above the limit of ${shown(value)}; only exits pass until a person raises the limit${code === "DAILY_LOSS" ? " or the day ends" : ""}.`,
    );
  }
  return null;
}
