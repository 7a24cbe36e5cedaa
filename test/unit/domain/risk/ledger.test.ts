import { describe, expect, test } from "vitest";
import { brokenEquations } from "../../../../src/domain/risk/equation.ts";
import { apply } from "../../../../src/domain/risk/ledger.ts";
import { isPair, LedgerRun, long } from "../../../support/ledger/run.ts";
import {
  acceptedAs,
  fillOf,
  INSTRUMENT,
  instrumentWith,
  postOf,
} from "../../../support/ledger/samples.ts";

const reason = "test";

describe("a reservation", () => {
  test("becomes a position fill by fill, and its risk with it", () => {
    const run = new LedgerRun();
    const { order } = run.reserve({ protectiveStop: "95" });
    expect(run.risk()).toBe("50");
    run.post(order.clientOrderId, fillOf(order, "4", "98"));
    // 4 filled at 98 risk 3 each, 6 open ones risk 5 each.
    expect(run.risk()).toBe("42");
    run.post(order.clientOrderId, { kind: "canceled", reason });
    expect(run.risk()).toBe("12");
    expect(run.figures().openOrders).toBe(0);
  });

  test.each([
    ["outcome_unknown", { kind: "outcome_unknown", reason }, "1000"],
    ["not_sent", { kind: "not_sent", reason, attempt: 1 }, "1000"],
    ["cancel_requested", { kind: "cancel_requested", by: "x" }, "1000"],
    ["dead_lettered as unknown", { kind: "dead_lettered", label: "unknown", reason }, "1000"],
    ["dead_lettered as not sent", { kind: "dead_lettered", label: "not_sent", reason }, "0"],
    ["dead_lettered as rejected", { kind: "dead_lettered", label: "rejected", reason }, "0"],
    ["rejected", { kind: "rejected", reason }, "0"],
    ["canceled", { kind: "canceled", reason }, "0"],
    ["expired", { kind: "expired", reason }, "0"],
  ] as const)("after %s is kept or let go", (_, event, left) => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, event);
    expect(run.risk()).toBe(left);
  });

  test("of an order that lives after all is made again", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, { kind: "rejected", reason });
    const entry = run.post(order.clientOrderId, acceptedAs("b-1"));
    expect(entry.order.state).toBe("new");
    expect(run.risk()).toBe("1000");
  });
});

describe("what the broker says", () => {
  test("never turns an order's time back, whatever clock the broker has", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    const post = { ...postOf(order.clientOrderId, acceptedAs("b-1")), at: order.createdAt + 50 };
    apply(run.state, { kind: "posted", post });
    const fill = { ...postOf(order.clientOrderId, fillOf(order, "4", "100")), at: post.at - 20 };
    apply(run.state, { kind: "posted", post: fill });
    expect(run.entry(order.clientOrderId).order.updatedAt).toBe(post.at);
  });

  test("shows a mean price with as many places as somebody reads", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, fillOf(order, "1", "100"));
    run.post(order.clientOrderId, fillOf(order, "2", "99.99"));
    expect(run.entry(order.clientOrderId).order.averagePrice).toBe("99.99333333");
  });

  test("a fill that beats the acceptance stands, and the id comes later", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, fillOf(order, "4", "100"));
    const entry = run.post(order.clientOrderId, { kind: "outcome_unknown", reason });
    expect(entry.order.state).toBe("partially_filled");
  });

  test("an acceptance after the last fill changes no state but tells the id", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    const fill = fillOf(order, "10", "100", { brokerOrderId: "b-7" });
    expect(run.post(order.clientOrderId, fill).order).toMatchObject({
      state: "filled",
      brokerOrderId: "b-7",
    });
    expect(run.post(order.clientOrderId, acceptedAs("b-7")).order.state).toBe("filled");
  });

  test("a late fill is booked and flagged, and the order stays canceled", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, { kind: "canceled", reason });
    const post = postOf(order.clientOrderId, fillOf(order, "3", "100"), run.now);
    const change = apply(run.state, { kind: "posted", post });
    expect(change.flag).toMatch(/filled after it was canceled/);
    expect(change.entry?.order).toMatchObject({ state: "canceled", filledQuantity: "3" });
    expect(run.figures().quantity.toFixed()).toBe("3");
  });

  test("lesson 28: an order whose cancel is asked for can still fill, and keeps its risk until the broker's word", () => {
    const run = new LedgerRun();
    const { order } = run.reserve({ protectiveStop: "95" });
    run.post(order.clientOrderId, { kind: "cancel_requested", by: "algo:key-1" });
    expect(run.risk()).toBe("50");
    const part = run.post(order.clientOrderId, fillOf(order, "4", "100"));
    expect(part.order).toMatchObject({ state: "pending_cancel", filledQuantity: "4" });
    expect(run.risk()).toBe("50");
    const { state } = run.post(order.clientOrderId, fillOf(order, "6", "100")).order;
    expect(state).toBe("filled");
    expect(run.figures().quantity.toFixed()).toBe("10");
  });

  test("an overfill is booked and flagged", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    const post = postOf(order.clientOrderId, fillOf(order, "12", "100"), run.now);
    const change = apply(run.state, { kind: "posted", post });
    expect(change.flag).toMatch(/beyond its quantity/);
    expect(change.entry?.order).toMatchObject({ state: "filled", filledQuantity: "12" });
    expect(run.risk()).toBe("1200");
  });

  test("a fill of no order of ours is adopted, counts, and is flagged", () => {
    const run = new LedgerRun();
    long(run, "1");
    const fill = fillOf(
      { clientOrderId: "by-hand", account: "paper", instrument: INSTRUMENT.id, side: "buy" },
      "5",
      "100",
    );
    const change = apply(run.state, { kind: "posted", post: postOf("by-hand", fill, run.now) });
    expect(change.flag).toMatch(/without an order of ours/);
    expect(change.entry?.order).toMatchObject({ algoId: "external", state: "filled" });
    expect(run.risk("algo:external")).toBe("500");
    expect(run.risk()).toBe("600");
  });

  test("news of an order that nobody knows changes nothing", () => {
    const run = new LedgerRun();
    const post = postOf("nobody", { kind: "canceled", reason }, run.now);
    expect(apply(run.state, { kind: "posted", post }).entry).toBeNull();
    expect(run.state.orders.size).toBe(0);
  });

  test("a fee in another currency is converted, one without a rate is flagged", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, fillOf(order, "1", "100", { fee: "100", feeCurrency: "INR" }));
    expect(run.figures().realised.toFixed()).toBe("-1.15");
    const fill = fillOf(order, "1", "100", { fee: "1", feeCurrency: "XYZ" });
    const post = postOf(order.clientOrderId, fill, run.now);
    expect(apply(run.state, { kind: "posted", post }).flag).toMatch(/fee in XYZ/);
  });

  test("a stop order waits for its trigger, and is new when it triggered", () => {
    const run = new LedgerRun();
    const { order } = run.reserve({ type: "stop", limitPrice: null, stopPrice: "104" });
    const waiting = { ...acceptedAs("b-1"), pendingTrigger: true } as const;
    expect(run.post(order.clientOrderId, waiting).order.state).toBe("pending_trigger");
    run.post(order.clientOrderId, { kind: "cancel_requested", by: "x" });
    const back = run.post(order.clientOrderId, { kind: "cancel_rejected", reason });
    expect(back.order.state).toBe("pending_trigger");
    expect(run.post(order.clientOrderId, { kind: "triggered" }).order.state).toBe("new");
  });
});

describe("marks", () => {
  test("an older mark never replaces a newer one", () => {
    const run = new LedgerRun();
    run.mark(90, INSTRUMENT.id, run.now - 1);
    expect(run.state.marks.get(INSTRUMENT.id)?.price).toBe(100);
  });

  test("move gross, net and unrealised profit of all scopes by the same amount", () => {
    const run = new LedgerRun();
    run.balance("1000000", "INR");
    const { order } = run.reserve(
      { side: "sell" },
      { instrument: instrumentWith({ currency: "INR" }) },
    );
    run.post(order.clientOrderId, fillOf(order, "10", "100", { feeCurrency: "INR" }));
    run.mark(90);
    for (const { scope, figures } of run.state.aggregates.values()) {
      // An account only counts its orders.
      if (scope.startsWith("account:")) continue;
      expect([scope, figures.gross.toFixed()]).toEqual([scope, "10.35"]);
      expect(figures.net.toFixed()).toBe("-10.35");
      expect(figures.unrealised.toFixed()).toBe("1.15");
    }
    expect([...run.state.aggregates.keys()].filter(isPair)).toHaveLength(1);
    expect(brokenEquations(run.state.holdings.values())).toEqual([]);
  });
});
