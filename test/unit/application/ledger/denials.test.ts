/** A flood of denials: seen, counted and bounded; and the same id is refused by the same words. */
import { describe, expect, test } from "vitest";
import { LedgerBook } from "../../../../src/application/ledger/book.ts";
import { reserve } from "../../../../src/application/ledger/deciding.ts";
import { tellRepeats } from "../../../../src/application/ledger/denials.ts";
import { orderOf, takeBalances } from "../../../../src/application/ledger/orders.ts";
import type { LedgerOutbox } from "../../../../src/application/ledger/ports.ts";
import type { TradebookRow } from "../../../../src/application/ports.ts";
import {
  DENIAL_REPEAT_WINDOW_MS,
  REPEATED_DENIALS_KEPT_MAX,
} from "../../../../src/domain/ledger-limits.ts";
import type { OrderIntent } from "../../../../src/domain/order.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { factsWith, intentWith, markOf } from "../../../support/ledger/samples.ts";
import { MemoryLedgerStore } from "../../../support/orders/memory-ledger-store.ts";

/** A ledger that denies every entry of a closed market. */
function denying() {
  const store = new MemoryLedgerStore();
  const rows: TradebookRow[] = [];
  const noticed: string[] = [];
  const outbox: LedgerOutbox = {
    addOrder: () => {},
    addDeadLetter: () => {},
    add: (_version, row) => void rows.push(row),
    forget: () => {},
    size: 0,
    toldUntil: Infinity,
    flush: async () => true,
  };
  const book = new LedgerBook({
    storage: store,
    outbox,
    transaction: (work) => store.transaction(work),
    onCommit: () => {},
    onDenied: ({ clientOrderId }) => void noticed.push(clientOrderId),
  });
  const funds = [{ currency: "USD", total: "100000", available: "100000" }];
  takeBalances(book, "paper", funds, NOON, NOON);
  const ask = (intent: OrderIntent, now: number, marketOpen = false) =>
    reserve(book, intent, factsWith({ marketOpen, mark: markOf(now) }), now);
  const told = (): unknown[] =>
    rows.flatMap((row) => (row.kind === "audit" && row.action === "denials_counted" ? [row] : []));
  return { store, book, noticed, ask, told };
}

describe("denials for the same reason and algo", () => {
  test("are stored once a second, and the rest are counted and told", () => {
    const run = denying();
    for (let at = 0; at < DENIAL_REPEAT_WINDOW_MS; at += 1) run.ask(intentWith(), NOON + at);
    expect(run.store.orders()).toHaveLength(1);
    expect(run.store.events.filter(({ kind }) => kind === "denied")).toHaveLength(1);
    expect(run.noticed).toHaveLength(DENIAL_REPEAT_WINDOW_MS);
    expect(run.told()).toEqual([]);
    run.ask(intentWith(), NOON + DENIAL_REPEAT_WINDOW_MS);
    expect(run.store.orders()).toHaveLength(2);
    const after = { code: "MARKET_CLOSED", since: NOON, repeats: DENIAL_REPEAT_WINDOW_MS - 1 };
    expect(run.told()).toMatchObject([{ subject: "algo:algo-a", after }]);
  });

  test("of another reason or another algo are news", () => {
    const run = denying();
    run.ask(intentWith(), NOON);
    run.ask(intentWith({ algoId: "algo-b" }), NOON);
    run.ask(intentWith({ quantity: "1000000" }), NOON, true);
    expect(run.store.orders().map(({ refusal }) => refusal?.code)).toEqual([
      "MARKET_CLOSED",
      "MARKET_CLOSED",
      "QUANTITY_LIMITS",
    ]);
  });

  test("that are only counted are told by the next round, where no other denial follows", () => {
    const run = denying();
    run.ask(intentWith(), NOON);
    run.ask(intentWith(), NOON);
    const later = NOON + DENIAL_REPEAT_WINDOW_MS;
    run.book.commit(later, (state) => tellRepeats(run.book, state, later));
    run.book.commit(later, (state) => tellRepeats(run.book, state, later));
    expect(run.told()).toMatchObject([{ after: { repeats: 1 } }]);
  });
});

describe("the same intent again", () => {
  test("is refused by the same words though it was only counted, also once its reason is gone", () => {
    const run = denying();
    run.ask(intentWith(), NOON);
    const intent = intentWith();
    const first = run.ask(intent, NOON);
    const again = run.ask(intent, NOON + 60_000, true);
    expect(first).toMatchObject({ kind: "denied", refusal: { code: "MARKET_CLOSED" } });
    expect(again).toMatchObject({
      kind: "existing",
      order: { state: "denied", refusal: { code: "MARKET_CLOSED" } },
    });
    expect(orderOf(run.book, intent.clientOrderId, NOON)).toMatchObject({ state: "denied" });
    const other = run.ask({ ...intent, quantity: "11" }, NOON + 60_000, true);
    expect(other).toMatchObject({ kind: "denied", refusal: { code: "DUPLICATE_INTENT" } });
    expect(run.store.orders()).toHaveLength(1);
  });

  test("is asked anew once so many others were only counted after it", () => {
    const run = denying();
    run.ask(intentWith(), NOON);
    const intent = intentWith();
    run.ask(intent, NOON);
    for (let kept = 1; kept < REPEATED_DENIALS_KEPT_MAX; kept += 1) run.ask(intentWith(), NOON);
    expect(run.ask(intent, NOON + 60_000, true).kind).toBe("existing");
    run.ask(intentWith(), NOON);
    expect(run.ask(intent, NOON + 60_000, true).kind).toBe("approved");
  });
});
