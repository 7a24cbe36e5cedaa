/** Marks that stop coming: the loss limits must not go on seeing by the last one. */
import { describe, expect, test } from "vitest";
import { VALUE_MARK_AGE_MS_MAX } from "../../../../src/domain/ledger-limits.ts";
import { applyMarks } from "../../../../src/domain/risk/exposure.ts";
import { lookAtTrips } from "../../../../src/domain/risk/trips/look.ts";
import { newWatch } from "../../../../src/domain/risk/trips/trip.ts";
import { ageMarks, valuedFrom } from "../../../../src/domain/risk/valued.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT, instrumentWith, markOf } from "../../../support/ledger/samples.ts";

const OTHER = instrumentWith({ id: "XNAS:OTHER", symbol: "OTHER" });
const MINUTE_MS = 60_000;
const utc = (text: string): number => Date.parse(`${text}Z`);

/** A hundred units long at 100; then `ms` without a mark, but for the other instrument. */
function silentFor(ms: number, calendar?: string): LedgerRun {
  const run = new LedgerRun();
  long(run, "100");
  if (calendar !== undefined) applyMarks(run.state, [{ ...markOf(run.now), calendar }]);
  run.now += ms;
  run.mark(100, OTHER.id);
  run.balance("1000000");
  ageMarks(run.state, run.now);
  return run;
}

const elsewhere = (run: LedgerRun, algoId = "algo-a"): string =>
  run.verdict({ instrument: OTHER.id, quantity: "1", algoId }, { instrument: OTHER });

const messageOf = (run: LedgerRun, algoId: string): string => {
  const asked = { instrument: OTHER.id, quantity: "1", algoId };
  const decision = run.decide(asked, { instrument: OTHER });
  return decision.kind === "denied" ? decision.refusal.message : decision.kind;
};

/** One share of something quiet, a hundred of what moves: up to 130, down to 105. */
const fallBesideQuiet = (quietPrice: number, scope: string): LedgerRun => {
  const run = new LedgerRun();
  for (const name of ["drawdown", "dailyLoss"] as const) run.limit(name, "1000", scope);
  run.mark(100, OTHER.id);
  const quiet = { instrument: OTHER.id, quantity: "1", clientOrderId: "quiet" };
  run.post("quiet", fillOf(run.reserve(quiet, { instrument: OTHER }).order, "1", "100"));
  long(run, "100");
  run.now += VALUE_MARK_AGE_MS_MAX + MINUTE_MS;
  run.mark(quietPrice, OTHER.id, run.now - VALUE_MARK_AGE_MS_MAX - 1);
  run.mark(100);
  ageMarks(run.state, run.now);
  expect(run.figures(scope).unvalued).toBe(1);
  return run;
};
const firings = ({ state, now }: LedgerRun): string[] =>
  lookAtTrips(state, newWatch(), now).firings.map(({ trip, reason }) => `${trip}: ${reason}`);

describe("a position whose mark is older than the bound", () => {
  test("is valued up to the bound and not beyond it", () => {
    expect(silentFor(VALUE_MARK_AGE_MS_MAX).figures("algo:algo-a").unvalued).toBe(0);
    expect(silentFor(VALUE_MARK_AGE_MS_MAX + 1).figures("algo:algo-a").unvalued).toBe(1);
  });

  test("refuses its algo's entries everywhere, lets exits pass, and leaves another algo alone", () => {
    const run = silentFor(VALUE_MARK_AGE_MS_MAX + 1);
    expect(elsewhere(run)).toBe("DAILY_LOSS");
    expect(elsewhere(run, "algo-b")).toBe("approved");
    expect(run.verdict({ side: "sell", quantity: "100" })).toBe("approved");
  });

  test("is named in the refusal, and no other is", () => {
    const run = new LedgerRun();
    run.mark(100, OTHER.id);
    long(run, "100");
    const asked = { instrument: OTHER.id, quantity: "5", clientOrderId: "healthy" };
    const { order } = run.reserve(asked, { instrument: OTHER });
    run.post(order.clientOrderId, fillOf(order, "5", "100"));
    run.now += VALUE_MARK_AGE_MS_MAX + 1;
    run.mark(100, OTHER.id);
    run.balance("1000000");
    ageMarks(run.state, run.now);
    const message = messageOf(run, "algo-a");
    expect(message).toContain(`holds ${INSTRUMENT.id} without`);
    run.limit("dailyLoss", "9999");
    expect(messageOf(run, "algo-b")).toContain(
      `10000 for what has no usable price (${INSTRUMENT.id})`,
    );
  });

  test("blocks nothing where the algo has no position in it: not yet, not any more, and not by an order that rests there", () => {
    const ordered = new LedgerRun();
    ordered.reserve({ quantity: "10" });
    const closed = new LedgerRun();
    long(closed, "100");
    const { order } = closed.reserve({ side: "sell", quantity: "100", clientOrderId: "out" });
    closed.post(order.clientOrderId, fillOf(order, "100", "100"));
    for (const run of [new LedgerRun(), ordered, closed]) {
      run.now += VALUE_MARK_AGE_MS_MAX * 3;
      run.mark(100, OTHER.id);
      run.balance("1000000");
      ageMarks(run.state, run.now);
      expect(elsewhere(run)).toBe("approved");
    }
    // What of the order fills is held, and its loss is not known.
    const [entry] = ordered.state.orders.values();
    if (!entry) throw new Error("no order");
    ordered.post(entry.order.clientOrderId, fillOf(entry.order, "1", "100"));
    expect(elsewhere(ordered)).toBe("DAILY_LOSS");
    expect(messageOf(ordered, "algo-a")).toContain(INSTRUMENT.id);
  });

  test("counts its money at risk against a limit of the loss that would hold it, for entries", () => {
    const run = silentFor(VALUE_MARK_AGE_MS_MAX + 1);
    run.limit("dailyLoss", "9999");
    expect(elsewhere(run, "algo-b")).toBe("DAILY_LOSS");
    run.limit("dailyLoss", "10000");
    expect(elsewhere(run, "algo-b")).toBe("approved");
  });

  test("halts nobody by its age alone: a halted algo could not get out", () => {
    const run = silentFor(VALUE_MARK_AGE_MS_MAX + 1);
    run.limit("dailyLoss", "100", "algo:algo-a");
    run.limit("drawdown", "100", "algo:algo-a");
    expect(lookAtTrips(run.state, newWatch(), run.now).firings).toEqual([]);
    run.mark(98);
    expect(lookAtTrips(run.state, newWatch(), run.now).firings).toHaveLength(2);
  });

  test("is valued again by the next mark, at once", () => {
    const run = silentFor(VALUE_MARK_AGE_MS_MAX + 1);
    run.mark(99);
    expect(run.figures("algo:algo-a")).toMatchObject({ unvalued: 0 });
    expect(run.figures("algo:algo-a").unrealised.toFixed()).toBe("-100");
    expect(elsewhere(run)).toBe("approved");
  });

  test("is not valued again by an old mark that comes late", () => {
    const run = silentFor(VALUE_MARK_AGE_MS_MAX * 3);
    run.mark(100, INSTRUMENT.id, run.now - VALUE_MARK_AGE_MS_MAX - 1);
    expect(run.figures("algo:algo-a").unvalued).toBe(1);
  });

  test.each(["portfolio", "algo:algo-a"])(
    "hides no peak of %s from the drawdown, and no fall from it",
    (scope) => {
      const run = fallBesideQuiet(100, scope);
      run.mark(130);
      run.mark(105);
      expect(firings(run)).toEqual([
        "drawdown: a drawdown from the peak of 2500 is above the hard limit of 1000",
      ]);
    },
  );

  test.each(["portfolio", "algo:algo-a"])(
    "hides no loss of the day of %s that has recovered since",
    (scope) => {
      const run = fallBesideQuiet(100, scope);
      run.mark(80);
      run.mark(100);
      expect(firings(run)).toEqual([
        "dailyLoss: a loss since the day's start of 2000 is above the hard limit of 1000",
      ]);
    },
  );

  test("hides both where its price is none: what it is worth nobody can guess", () => {
    const run = fallBesideQuiet(Number.NaN, "portfolio");
    run.mark(130);
    run.mark(80);
    run.mark(105);
    expect(firings(run)).toEqual([]);
  });
});

describe("from when on a mark values", () => {
  // NSE trades from 03:45 to 10:00 UTC; 2026-11-20 is a Friday.
  const bound = VALUE_MARK_AGE_MS_MAX;
  test.each([
    ["in the session, by its age", "NSE", "2026-11-20T06:00", utc("2026-11-20T06:00") - bound],
    ["after the close, by the close", "NSE", "2026-11-20T20:00", utc("2026-11-20T10:00") - bound],
    ["over the weekend, too", "NSE", "2026-11-22T12:00", utc("2026-11-20T10:00") - bound],
    ["before the open", "NSE", "2026-11-23T03:44", utc("2026-11-20T10:00") - bound],
    [
      "just after the open, as before it",
      "NSE",
      "2026-11-23T03:49",
      utc("2026-11-20T10:00") - bound,
    ],
    ["a bound after the open", "NSE", "2026-11-23T03:50", utc("2026-11-23T03:45")],
    ["without hours", "always", "2026-11-22T12:00", utc("2026-11-22T12:00") - bound],
    ["by hours that nobody knows", "MARS", "2026-11-22T12:00", utc("2026-11-22T12:00") - bound],
  ])("%s", (_, calendar, now, from) => {
    expect(valuedFrom(calendar, utc(now))).toBe(from);
  });

  test("the last mark of a closed market stands, and one from long before its close does not", () => {
    const run = new LedgerRun();
    run.now = utc("2026-11-23T09:58");
    run.mark(100);
    long(run, "10");
    applyMarks(run.state, [{ ...markOf(run.now), calendar: "NSE" }]);
    ageMarks(run.state, utc("2026-11-24T12:00"));
    expect(run.figures("algo:algo-a").unvalued).toBe(0);
    ageMarks(run.state, utc("2026-11-25T03:51"));
    expect(run.figures("algo:algo-a").unvalued).toBe(1);
    ageMarks(run.state, run.now + MINUTE_MS);
    expect(run.figures("algo:algo-a").unvalued).toBe(0);
  });

  test("a mark that does not tell its hours keeps those that are known", () => {
    const run = silentFor(0, "NSE");
    run.mark(101);
    expect(run.state.marks.get(INSTRUMENT.id)).toMatchObject({ price: 101, calendar: "NSE" });
  });
});

/** Long 10, and `external` has sold so many of them; then no price comes for an hour. */
function settled(sold: string): LedgerRun {
  const run = new LedgerRun();
  long(run, "10");
  const about = { clientOrderId: "external-1", account: "paper", instrument: INSTRUMENT.id };
  run.post("external-1", fillOf({ ...about, side: "sell" }, sold, "101"));
  run.now += 3_600_000;
  run.mark(50, "XNAS:OTHER");
  ageMarks(run.state, run.now);
  run.balance("1000000");
  return run;
}
const otherEntry = (run: LedgerRun): string =>
  run.verdict(
    { instrument: "XNAS:OTHER", limitPrice: "50" },
    { instrument: { ...INSTRUMENT, id: "XNAS:OTHER" } },
  );

describe("a position that was traded away past the platform, as a future is at its expiry", () => {
  test("keeps nobody from trading for good because its price has stopped coming", () => {
    const run = settled("10");
    expect(run.figures("algo:algo-a").unvalued).toBe(0);
    expect(otherEntry(run)).toBe("approved");
  });

  test("and of which something is left has a loss that nobody knows", () => {
    const run = settled("9");
    expect(run.figures("algo:algo-a").unvalued).toBe(1);
    expect(otherEntry(run)).toBe("DAILY_LOSS");
  });

  test("is there again when that trade is taken back", () => {
    const run = settled("10");
    const about = { clientOrderId: "external-2", account: "paper", instrument: INSTRUMENT.id };
    run.post("external-2", fillOf({ ...about, side: "buy" }, "10", "101"));
    expect(run.figures("algo:algo-a").unvalued).toBe(1);
  });
});
