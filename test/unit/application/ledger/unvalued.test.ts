/** People hear once of what is held without a usable price. */
import { expect, test } from "vitest";
import { LedgerBook } from "../../../../src/application/ledger/book.ts";
import type { LedgerOutbox } from "../../../../src/application/ledger/ports.ts";
import { LastingNews } from "../../../../src/application/ledger/lasting.ts";
import { UNVALUED } from "../../../../src/application/ledger/unvalued.ts";
import type { Incident } from "../../../../src/application/reconcile-port.ts";
import {
  LASTING_TOLD_AFTER_MS,
  VALUE_MARK_AGE_MS_MAX,
} from "../../../../src/domain/ledger-limits.ts";
import {
  fillOf,
  INSTRUMENT,
  intentWith,
  markOf,
  factsWith,
} from "../../../support/ledger/samples.ts";
import { reserve } from "../../../../src/application/ledger/deciding.ts";
import { postAll, takeBalances } from "../../../../src/application/ledger/orders.ts";
import { MemoryLedgerStore } from "../../../support/orders/memory-ledger-store.ts";
import { NOON } from "../../../support/ledger/run.ts";

/** A ledger that holds 10 at a mark of now, and what people were told. */
function held() {
  let now = NOON;
  const store = new MemoryLedgerStore();
  const told: Incident[] = [];
  const outbox: LedgerOutbox = {
    addOrder: () => {},
    addDeadLetter: () => {},
    add: (_version, row) => void (row.kind === "incident" && told.push(row.incident)),
    forget: () => {},
    size: 0,
    toldUntil: Infinity,
    flush: async () => true,
  };
  const begin = () =>
    new LedgerBook({
      storage: store,
      outbox,
      transaction: (work) => store.transaction(work),
      onCommit: () => {},
    });
  let book = begin();
  let news = new LastingNews(book, UNVALUED);
  takeBalances(
    book,
    "paper",
    [{ currency: "USD", total: "100000", available: "100000" }],
    now,
    now,
  );
  const intent = intentWith();
  expect(reserve(book, intent, factsWith({ mark: markOf(now) }), now).kind).toBe("approved");
  const event = fillOf(intent, "10", "100");
  postAll(book, [{ eventId: "f", clientOrderId: intent.clientOrderId, event, at: now }], now);
  return {
    told,
    mark: (price: number) => book.takeMarks([markOf(now, price)], now),
    evict: () => {
      book = begin();
      news = new LastingNews(book, UNVALUED);
    },
    /** The ledger's alarm, every twenty seconds for so long. */
    run: (ms: number) => {
      for (const end = now + ms; now < end; now += 20_000) {
        book.commit(now, () => {});
        news.look(now);
      }
    },
  };
}

const SILENT_MS = VALUE_MARK_AGE_MS_MAX + LASTING_TOLD_AFTER_MS + 60_000;

test("a held instrument whose marks stop is told once, by name, and not while it is young", () => {
  const run = held();
  run.run(VALUE_MARK_AGE_MS_MAX);
  expect(run.told).toEqual([]);
  run.run(LASTING_TOLD_AFTER_MS + 60_000);
  expect(run.told).toHaveLength(1);
  expect(run.told[0]?.message).toContain(INSTRUMENT.id);
  run.run(3_600_000);
  expect(run.told).toHaveLength(1);
});

test("an eviction tells nothing again", () => {
  const run = held();
  run.run(SILENT_MS);
  run.evict();
  run.run(SILENT_MS);
  expect(run.told).toHaveLength(1);
});

test("one that flickers is told once a day; the next day it is news again", () => {
  const run = held();
  for (let round = 0; round < 5; round += 1) {
    run.run(SILENT_MS);
    run.mark(100);
    run.run(60_000);
  }
  expect(run.told).toHaveLength(1);
  run.run(24 * 3_600_000);
  run.mark(100);
  run.run(SILENT_MS + 60_000);
  expect(run.told).toHaveLength(2);
});

test("one that stays without a price is told again on each trading day", () => {
  const run = held();
  run.run(SILENT_MS);
  expect(run.told).toHaveLength(1);
  run.run(3 * 24 * 3_600_000);
  expect(run.told).toHaveLength(4);
});

test("a price that is none is told like one that is old", () => {
  const run = held();
  run.mark(Number.NaN);
  run.run(LASTING_TOLD_AFTER_MS + 40_000);
  expect(run.told[0]?.message).toContain("no price");
});
