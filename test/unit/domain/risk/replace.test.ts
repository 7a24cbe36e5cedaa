import { describe, expect, test } from "vitest";
import type { DecideFacts } from "../../../../src/domain/risk/case.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { acceptedAs, fillOf, instrumentWith } from "../../../support/ledger/samples.ts";

const reason = "test";

const accepted = (run: LedgerRun) => {
  const { order } = run.reserve({ protectiveStop: "95" });
  run.post(order.clientOrderId, acceptedAs("b-1"));
  return order.clientOrderId;
};
const confirm = (run: LedgerRun, id: string) =>
  run.post(id, {
    kind: "replaced",
    changes: run.entry(id).asked?.changes ?? {
      quantity: null,
      limitPrice: null,
      stopPrice: null,
    },
  });

describe("new terms", () => {
  test("raise the reservation before the broker hears of them", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    expect(run.replace(id, { quantity: "20", limitPrice: "102" })).toBe("reserved");
    expect(run.entry(id).order.state).toBe("pending_replace");
    expect(run.risk()).toBe("140");
    expect(confirm(run, id).order).toMatchObject({
      state: "replaced",
      quantity: "20",
      limitPrice: "102",
    });
    expect(run.risk()).toBe("140");
  });

  test("lower it only when the broker has confirmed", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.replace(id, { quantity: "5", limitPrice: "97" });
    expect(run.risk()).toBe("50");
    confirm(run, id);
    expect(run.risk()).toBe("10");
  });

  test("that the broker refuses leave everything as it was", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.replace(id, { quantity: "20" });
    expect(run.post(id, { kind: "replace_rejected", reason }).order.state).toBe("new");
    expect(run.risk()).toBe("50");
  });

  test("still wait for their answer after a cancel that overtook them was refused", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.replace(id, { quantity: "20" });
    run.post(id, { kind: "cancel_requested", by: "test" });
    expect(run.post(id, { kind: "cancel_rejected", reason }).order.state).toBe("pending_replace");
    // It fills on the terms that the broker has: only the answer to the new ones says that this was all.
    const filled = run.post(id, fillOf(run.entry(id).order, "10", "100"));
    expect(filled.order.state).toBe("pending_replace");
    expect(run.post(id, { kind: "replace_rejected", reason: "it has filled" }).order.state).toBe(
      "filled",
    );
  });

  test("still wait for their answer after a doubt about the order is over", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.replace(id, { quantity: "20" });
    run.post(id, { kind: "outcome_unknown", reason });
    expect(run.post(id, acceptedAs("b-1")).order.state).toBe("pending_replace");
  });

  test("above a limit are refused and reserve nothing; lower ones pass", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.limit("moneyAtRiskAlgo", "60");
    expect(run.replace(id, { quantity: "12" })).toBe("reserved");
    run.post(id, { kind: "replace_rejected", reason });
    expect(run.replace(id, { quantity: "13" })).toBe("MONEY_AT_RISK_ALGO");
    run.limit("moneyAtRiskAlgo", "1");
    expect(run.replace(id, { quantity: "9" })).toBe("reserved");
  });

  test("need a live order, one wish at a time, and the prices of its type", () => {
    const run = new LedgerRun();
    expect(run.replace("nobody", { quantity: "5" })).toBe("absent");
    const { order } = run.reserve();
    expect(run.replace(order.clientOrderId, { quantity: "5" })).toBe("not_permitted");
    run.post(order.clientOrderId, acceptedAs("b-1"));
    expect(run.replace(order.clientOrderId, { stopPrice: "5" })).toBe("NOT_PERMITTED_BY_BROKER");
    expect(run.replace(order.clientOrderId, { quantity: "5" })).toBe("reserved");
    expect(run.replace(order.clientOrderId, { quantity: "6" })).toBe("not_permitted");
    run.post(order.clientOrderId, { kind: "canceled", reason });
    expect(run.replace(order.clientOrderId, { quantity: "6" })).toBe("ended");
  });

  test("below what is filled are refused; down to it the order is filled", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    run.post(id, fillOf(run.entry(id).order, "4", "100"));
    expect(run.replace(id, { quantity: "4" })).toBe("QUANTITY_LIMITS");
    expect(run.replace(id, { quantity: "5" })).toBe("reserved");
    run.post(id, fillOf(run.entry(id).order, "1", "100"));
    expect(run.entry(id).order.state).toBe("pending_replace");
    expect(confirm(run, id).order.state).toBe("filled");
    expect(run.figures().openBuy.toFixed()).toBe("0");
  });

  test("made by hand at the broker are priced when they are seen", () => {
    const run = new LedgerRun();
    const id = accepted(run);
    const changes = { quantity: null, limitPrice: "103", stopPrice: null };
    expect(run.post(id, { kind: "replaced", changes }).order.limitPrice).toBe("103");
    expect(run.risk()).toBe("80");
  });
});

const asked20 = () => {
  const run = new LedgerRun();
  const id = accepted(run);
  expect(run.replace(id, { quantity: "20" })).toBe("reserved");
  return { run, id };
};
const told = (quantity: string | null, limitPrice: string | null) =>
  ({ kind: "replaced", changes: { quantity, limitPrice, stopPrice: null } }) as const;

describe("while new terms wait for their answer", () => {
  test("others that the broker tells of leave what those need reserved", () => {
    const { run, id } = asked20();
    // Somebody changes the price by hand.
    expect(run.post(id, told(null, "99")).order).toMatchObject({
      state: "pending_replace",
      quantity: "10",
      limitPrice: "99",
    });
    expect(run.figures().openBuy.toFixed()).toBe("20");
    expect(run.post(id, told("20", null)).order).toMatchObject({
      state: "replaced",
      quantity: "20",
      limitPrice: "99",
    });
    expect(run.entry(id).asked).toBeNull();
  });

  test("one that has filled its old quantity is not done when its cancel is refused", () => {
    const { run, id } = asked20();
    run.post(id, { kind: "cancel_requested", by: "test" });
    run.post(id, fillOf(run.entry(id).order, "10", "100"));
    const refused = { kind: "cancel_rejected", reason: "not now" } as const;
    expect(run.post(id, refused).order.state).toBe("pending_replace");
    expect(run.figures().openBuy.toFixed()).toBe("10");
    expect(run.post(id, told("20", null)).order).toMatchObject({ quantity: "20" });
    expect(run.figures().openBuy.toFixed()).toBe("10");
  });

  test("older ones told a second time are no answer, and a refusal is", () => {
    const { run, id } = asked20();
    expect(run.post(id, told("10", null)).order.state).toBe("pending_replace");
    expect(run.figures().openBuy.toFixed()).toBe("20");
    const refused = { kind: "replace_rejected", reason: "no" } as const;
    expect(run.post(id, refused).order.state).toBe("new");
    expect(run.figures().openBuy.toFixed()).toBe("10");
  });
});

/** Long 10, with a stop-limit for all of it at the broker, which may only reduce. */
function guarded(): LedgerRun {
  const run = new LedgerRun();
  long(run, "10");
  const stop = { type: "stop_limit", stopPrice: "90", limitPrice: "89.5" } as const;
  run.reserve({ ...stop, clientOrderId: "stop", side: "sell", reduceOnly: true });
  run.post("stop", { kind: "accepted", brokerOrderId: "b-2", pendingTrigger: true });
  return run;
}

describe("new terms that only lower an order that stands are a cancel of a part, and pass as a cancel does", () => {
  interface Hindered {
    why: string;
    given?: (run: LedgerRun) => void;
    facts?: Partial<DecideFacts>;
    code: string;
  }

  const HINDERED: Hindered[] = [
    {
      why: "the portfolio sleeps",
      given: (run) => run.restrict("portfolio"),
      code: "PORTFOLIO_ASLEEP",
    },
    { why: "its market is closed", facts: { marketOpen: false }, code: "MARKET_CLOSED" },
    {
      why: "the broker's list of instruments is not read",
      facts: { instrument: null, marketOpen: false },
      code: "INSTRUMENT_UNKNOWN",
    },
    {
      why: "its instrument can no longer be traded",
      facts: { instrument: instrumentWith({ tradable: false }) },
      code: "NOT_PERMITTED_BY_BROKER",
    },
    {
      why: "the exchange has changed its tick size",
      facts: { instrument: instrumentWith({ tickSize: "1" }) },
      code: "PRICE_OFF_GRID",
    },
    {
      why: "the exchange has made its largest order smaller than what stands",
      facts: { instrument: instrumentWith({ maxQuantity: "5" }) },
      code: "QUANTITY_LIMITS",
    },
    {
      why: "its price is further away than an order's may be by now",
      given: (run) => run.limit("priceCollar", "0.001"),
      code: "PRICE_COLLAR",
    },
  ];

  test.each(HINDERED)("also while $why", ({ given, facts, code }) => {
    const run = guarded();
    given?.(run);
    // Anything else than less of it is refused: another price, or more.
    expect(run.replace("stop", { quantity: "6", limitPrice: "89.6" }, facts)).toBe(code);
    expect(run.replace("stop", { quantity: "11" }, facts)).toBe(code);
    expect(run.replace("stop", { quantity: "6" }, facts)).toBe("reserved");
  });

  test("but not while it stands under a halt, which cancels it whole, or below the smallest order", () => {
    const run = guarded();
    const facts = { instrument: instrumentWith({ minQuantity: "7" }) };
    expect(run.replace("stop", { quantity: "6" }, facts)).toBe("QUANTITY_LIMITS");
    run.tradingState("portfolio", "halted");
    expect(run.replace("stop", { quantity: "6" })).toBe("KILL_SWITCH");
  });
});
