import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal } from "../../../../src/domain/decimal.ts";
import type { OrderIntent } from "../../../../src/domain/order.ts";
import type { DecideFacts } from "../../../../src/domain/risk/case.ts";
import { RISK_CHECKS } from "../../../../src/domain/risk/checks/index.ts";
import { explain, type QuestionFacts } from "../../../../src/domain/risk/explain.ts";
import { REFUSAL_CODES, type RefusalCode } from "../../../../src/domain/risk/refusal.ts";
import type { LedgerState } from "../../../../src/domain/risk/state.ts";
import { BOTH_SIDES } from "../../../support/ledger/both-sides.ts";
import { long, LedgerRun } from "../../../support/ledger/run.ts";
import { factsWith, instrumentWith, intentWith, markOf } from "../../../support/ledger/samples.ts";

const DAY_MS = 86_400_000;

const explained = (
  run: LedgerRun,
  changes: Partial<OrderIntent> = {},
  facts: Partial<QuestionFacts> = {},
) => explain(run.state, intentWith(changes), { ...factsWith(facts), ...facts }, run.now);

const checkOf = (all: ReturnType<typeof explained>, code: RefusalCode) => {
  const check = all.checks.find((each) => each.code === code);
  if (!check) throw new Error(`no check ${code}`);
  return check;
};

/** Everything in it as text, so that any change shows; what was only worked out again does not count. */
const dump = (state: LedgerState): string =>
  JSON.stringify({ ...state, limits: state.limits.list() }, (key, value: unknown) =>
    key === "from" || key === "best"
      ? undefined
      : value instanceof Map || value instanceof Set
        ? [...value]
        : value,
  );

/** What is left of the limit on either side of it; null where nothing is measured. */
const ROOMS: Record<RefusalCode, [passes: string | null, refused: string | null]> = {
  KILL_SWITCH: [null, null],
  STALE_EPOCH: ["0", "-1"],
  PORTFOLIO_ASLEEP: [null, null],
  ALGO_UNKNOWN: [null, null],
  ALGO_PAUSED: [null, null],
  DUPLICATE_INTENT: [null, null],
  INSTRUMENT_UNKNOWN: [null, null],
  INSTRUMENT_BLOCKED: [null, null],
  MARKET_CLOSED: [null, null],
  NOT_PERMITTED_BY_BROKER: [null, null],
  PRICE_OFF_GRID: [null, null],
  QUANTITY_OFF_GRID: [null, null],
  QUANTITY_LIMITS: ["0", "-1"],
  STALE_PRICE: ["0", "-1"],
  PRICE_COLLAR: ["0", "-0.0001"],
  ORDER_NOTIONAL: ["0", "-100"],
  OPEN_ORDERS: ["0", "-1"],
  ORDER_RATE: ["0", "-1"],
  ORDERS_PER_DAY: ["0", "-1"],
  POSITION_LIMIT: ["0", "-1"],
  MONEY_AT_RISK_INSTRUMENT: ["0", "-5"],
  MONEY_AT_RISK_ALGO: ["0", "-100"],
  MONEY_AT_RISK_PORTFOLIO: ["0", "-100"],
  GROSS_EXPOSURE: ["0", "-100"],
  NET_EXPOSURE: ["0", "-100"],
  FUNDS: ["0", "-100"],
  DAILY_LOSS: ["0", "-0.1"],
  DRAWDOWN: ["0", "-0.1"],
  SELF_CROSS: ["0.01", "0"],
  REDUCE_ONLY: ["0", "-1"],
};

describe("the margin of each check on both sides of its limit", () => {
  test.each(REFUSAL_CODES)("%s", (code) => {
    const { given, passes, change, refused } = BOTH_SIDES[code];
    const [roomInside, roomOutside] = ROOMS[code];
    const run = new LedgerRun();
    given?.(run);
    const inside = explained(run, ...passes);
    expect(inside.refusedBy).toBeNull();
    expect(checkOf(inside, code)).toMatchObject({ verdict: "passes", message: null });
    const rooms = checkOf(inside, code).margins.map(({ room }) => room);
    const least = rooms.filter((room) => room !== null).sort((a, b) => Number(a) - Number(b));
    expect(least[0] ?? null).toBe(roomInside);

    change?.(run);
    const outside = explained(run, ...refused);
    const decision = run.decide(...refused);
    const refusal = decision.kind === "denied" ? decision.refusal : null;
    expect(outside.refusedBy).toBe(code);
    const { message, margins } = checkOf(outside, code);
    expect(message).toBe(refusal?.message);
    if (roomOutside === null) return;
    // The comparison that refused is the last one, and its figures are those of the refusal.
    const { scope, limit, asked, have, room } = margins.at(-1) ?? {};
    expect({ scope, limit, asked, have }).toEqual({
      scope: refusal?.scope,
      limit: refusal?.limit,
      asked: refusal?.asked,
      have: refusal?.have,
    });
    expect(room).toBe(roomOutside);
  });

  test("the smallest order, the whole instrument and the notional have margins of their own", () => {
    const run = new LedgerRun();
    run.limit("positionQuantity", "50", "instrument:XNAS:ACME");
    run.limit("positionNotional", "4000");
    const { checks } = explained(
      run,
      { quantity: "30" },
      { instrument: instrumentWith({ minQuantity: "5" }) },
    );
    const margins = new Map(checks.map((check) => [check.code, check.margins]));
    expect(margins.get("QUANTITY_LIMITS")).toMatchObject([{ limit: "5", room: "25" }, {}]);
    expect(margins.get("POSITION_LIMIT")).toMatchObject([
      { limit: "50", asked: "30", room: "20", unit: "units" },
      { limit: "50", asked: "30", room: "20", unit: "units" },
      { limit: "4000", asked: "3000", room: "1000", unit: "base" },
    ]);
  });

  test("grids show the step, and balances that nobody has read are no zero", () => {
    const run = new LedgerRun();
    run.state.balances.clear();
    const all = explained(run, { limitPrice: "99.995" });
    expect(checkOf(all, "PRICE_OFF_GRID").margins).toMatchObject([
      { limit: "0.01", asked: "99.995", room: null },
    ]);
    expect(checkOf(all, "FUNDS")).toMatchObject({
      verdict: "refuses",
      margins: [{ limit: null, asked: "999.95", have: null, room: null }],
    });
  });
});

describe("an explanation", () => {
  test("has every check in order, also those after the first refusal", () => {
    const run = new LedgerRun();
    run.limit("orderNotional", "10");
    run.limit("moneyAtRiskAlgo", "20");
    const all = explained(run);
    expect(all.checks.map(({ code }) => code)).toEqual(RISK_CHECKS.map(([code]) => code));
    const refused = all.checks.filter(({ verdict }) => verdict === "refuses");
    expect(refused.map(({ code }) => code)).toEqual(["ORDER_NOTIONAL", "MONEY_AT_RISK_ALGO"]);
    expect(all).toMatchObject({ refusedBy: "ORDER_NOTIONAL", moneyAtRisk: "1000" });
  });

  test("skips the checks for entries when the order can only reduce", () => {
    const run = new LedgerRun();
    long(run, "10");
    run.tradingState("portfolio", "reducing");
    const all = explained(run, { side: "sell" });
    expect(all).toMatchObject({ refusedBy: null, onlyReduces: true, moneyAtRisk: "0" });
    expect(checkOf(all, "FUNDS").verdict).toBe("skipped");
    expect(checkOf(all, "PRICE_COLLAR").verdict).toBe("passes");
  });

  test("judges with a fetched mark and on the new day, and leaves the ledger as it was", () => {
    const run = new LedgerRun();
    run.limit("dailyLoss", "50");
    run.limit("ordersPerDay", "1");
    long(run, "10");
    run.mark(94);
    expect(explained(run).checks.filter(({ verdict }) => verdict === "refuses")).toMatchObject([
      { code: "PRICE_COLLAR" },
      { code: "ORDERS_PER_DAY" },
      { code: "DAILY_LOSS" },
    ]);
    const before = dump(run.state);
    run.now += DAY_MS;
    const mark = markOf(run.now, 100);
    expect(explained(run, {}, { mark }).refusedBy).toBeNull();
    expect(explained(run, {}, { mark: markOf(run.now, 93) }).refusedBy).toBe("PRICE_COLLAR");
    expect(dump(run.state)).toBe(before);
  });

  test("says what a decision would say, whatever is asked, and changes nothing", () => {
    const run = new LedgerRun();
    run.limit("positionQuantity", "40");
    run.limit("moneyAtRiskAlgo", "3000");
    run.limit("openOrders", "3");
    long(run, "12");
    run.reserve({ side: "sell", quantity: "4" });
    const before = dump(run.state);
    const figure = fc.integer({ min: 1, max: 20_000 }).map((n) => decimal(n).div(100).toFixed());
    const intents = fc.record({
      algoId: fc.constantFrom("algo-a", "algo-b"),
      side: fc.constantFrom("buy" as const, "sell" as const),
      quantity: fc.oneof(fc.integer({ min: 1, max: 60 }).map(String), figure),
      limitPrice: figure,
      protectiveStop: fc.option(figure),
      reduceOnly: fc.boolean(),
    });
    const facts = fc.record({
      marketOpen: fc.boolean(),
      mark: fc.option(fc.constantFrom(0, 90, 100, Number.NaN).map((p) => markOf(run.now, p))),
      instrument: fc.option(fc.constant(instrumentWith({}))),
    });
    fc.assert(
      fc.property(intents, facts, (changes, known) => {
        const intent = intentWith(changes);
        const said = explain(run.state, intent, factsWith(known), run.now);
        expect(dump(run.state)).toBe(before);
        const twin = new LedgerRun();
        twin.limit("positionQuantity", "40");
        twin.limit("moneyAtRiskAlgo", "3000");
        twin.limit("openOrders", "3");
        long(twin, "12");
        twin.reserve({ side: "sell", quantity: "4" });
        if (known.mark) twin.mark(known.mark.price);
        const decided = twin.decide(intent, known);
        const code = decided.kind === "denied" ? decided.refusal.code : null;
        expect(said.refusedBy).toBe(code);
      }),
    );
  });
});

test("a mark that its provider's data calls stale prices no entry, however young it is", () => {
  const run = new LedgerRun();
  const stale = { ...markOf(run.now), stale: true };
  const entry = checkOf(explained(run, {}, { mark: stale }), "STALE_PRICE");
  expect(entry.verdict).toBe("refuses");
  const fresh = checkOf(explained(run, {}, { mark: markOf(run.now) }), "STALE_PRICE");
  expect(fresh.verdict).toBe("passes");
});

test("a way out is judged as if nothing else were open on its side where that is to be canceled first; a real order is not", () => {
  const run = new LedgerRun();
  long(run, "10");
  run.reserve({ side: "sell", quantity: "10", reduceOnly: true });
  run.tradingState("portfolio", "reducing");
  const close = { side: "sell", type: "market", limitPrice: null, reduceOnly: true } as const;
  const clears = { clears: true } as const;
  expect(explained(run, close).refusedBy).toBe("KILL_SWITCH");
  expect(explained(run, close, clears)).toMatchObject({ refusedBy: null, onlyReduces: true });
  expect(explained(run, { ...close, quantity: "11" }, clears).refusedBy).toBe("KILL_SWITCH");
  run.tradingState("portfolio", "active");
  expect(explained(run, { ...close, quantity: "11" }, clears).refusedBy).toBe("REDUCE_ONLY");
  expect(run.verdict(close, clears as Partial<DecideFacts>)).toBe("REDUCE_ONLY");
});
