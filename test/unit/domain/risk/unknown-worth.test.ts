import { describe, expect, test } from "vitest";
import { LedgerBook } from "../../../../src/application/ledger/book.ts";
import { applyMarks } from "../../../../src/domain/risk/exposure.ts";
import { type LedgerState } from "../../../../src/domain/risk/state.ts";
import { LAST_RESORT } from "../../../../src/domain/risk/good-mark.ts";
import { adopt, adopted, found } from "../../../support/ledger/placed-past.ts";
import { LedgerRun, long, NOON } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT, markOf, postOf } from "../../../support/ledger/samples.ts";
import { MemoryLedgerStore } from "../../../support/orders/memory-ledger-store.ts";
import { SimulatedTradebook } from "../../../support/orders/simulated-tradebook.ts";

const OTHER = "XNAS:OTHR";

const portfolio = (state: LedgerState) => state.aggregates.get("portfolio")?.figures;

const outside = (run: LedgerRun, price = "50"): void => {
  const intent = { clientOrderId: "external-X2", ...found({ instrument: OTHER }) };
  run.post("external-X2", fillOf(intent, "4", price, { executedAt: NOON - 1_000 }));
};

describe("a trade past us in an instrument that nobody holds", () => {
  test("is valued at its own price, which prices no entry and gives way to any mark", () => {
    const run = new LedgerRun();
    outside(run);
    expect(run.state.marks.get(OTHER)).toMatchObject({
      price: 50,
      time: NOON - 1_000,
      provider: LAST_RESORT,
      stale: true,
    });
    const instrument = { ...INSTRUMENT, id: OTHER };
    run.post("external-X2", { kind: "described", currency: "USD" });
    expect(run.figures().gross.toFixed()).toBe("200");
    expect(run.verdict({ instrument: OTHER }, { instrument })).toBe("STALE_PRICE");
    // Also one whose clock is behind that of the broker.
    applyMarks(run.state, [markOf(NOON - 5_000, 60, OTHER)]);
    expect(run.figures().gross.toFixed()).toBe("240");
  });

  test("never takes the place of a mark that is there", () => {
    const run = new LedgerRun();
    run.mark(70, OTHER);
    outside(run);
    expect(run.state.marks.get(OTHER)?.price).toBe(70);
  });

  test("in a currency that nobody knows yet refuses entries wherever its worth would count, and lets exits pass", () => {
    const run = new LedgerRun();
    long(run, "10");
    outside(run);
    expect(run.figures().unpriced).toBe(1);
    const decision = run.decide();
    expect(decision).toMatchObject({
      kind: "denied",
      refusal: { code: "STALE_PRICE", scope: "portfolio" },
    });
    expect(decision.kind === "denied" && decision.refusal.message).toContain(OTHER);
    expect(run.verdict({ side: "sell" })).toBe("approved");
    run.post("external-X2", { kind: "described", currency: "USD" });
    expect(run.figures().unpriced).toBe(0);
    expect(run.verdict()).toBe("approved");
  });

  test("in a currency without a rate refuses entries until it is closed", () => {
    const run = new LedgerRun();
    outside(run);
    run.post("external-X2", { kind: "described", currency: "XXX" });
    expect(run.verdict()).toBe("STALE_PRICE");
    const back = { clientOrderId: "external-X3", ...found({ instrument: OTHER, side: "sell" }) };
    run.post("external-X3", fillOf(back, "4", "50"));
    expect(run.verdict()).toBe("approved");
  });
});

describe("a resting market order without any price", () => {
  const market = { instrument: OTHER, type: "market", limitPrice: null } as const;

  test("is of unknown worth until its first mark", () => {
    const run = new LedgerRun();
    adopt(run, market);
    expect(run.figures().unpriced).toBe(1);
    expect(run.verdict()).toBe("STALE_PRICE");
  });

  test("keeps the price that it gets with a mark, also after an eviction", () => {
    const store = new MemoryLedgerStore();
    const book = new LedgerBook({
      storage: store,
      outbox: new SimulatedTradebook(store),
      transaction: (work) => store.transaction(work),
      onCommit: () => {},
    });
    const post = postOf("external-X1", adopted(market), NOON);
    book.commit(NOON, (state) => book.post(state, post));
    book.takeMarks([markOf(NOON, 40, OTHER)], NOON);
    const before = portfolio(book.state(NOON));
    expect(before?.unpriced).toBe(0);
    expect(Number(before?.worstGross)).toBeGreaterThanOrEqual(400);
    const after = portfolio(store.load(NOON));
    expect(after?.worstGross.toFixed()).toBe(before?.worstGross.toFixed());
  });
});
