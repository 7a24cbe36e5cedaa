/** People hear once of a trip that does not know whether to fire, and see it while it is so. */
import { expect, test } from "vitest";
import { LedgerBook } from "../../../../src/application/ledger/book.ts";
import { controlsView } from "../../../../src/application/ledger/controls.ts";
import { LastingNews } from "../../../../src/application/ledger/lasting.ts";
import type { LedgerOutbox } from "../../../../src/application/ledger/ports.ts";
import { UNKNOWN_TRIPS } from "../../../../src/application/ledger/unknown-trips.ts";
import { statusView } from "../../../../src/application/ledger/views.ts";
import type { Incident } from "../../../../src/application/reconcile-port.ts";
import { LASTING_TOLD_AFTER_MS } from "../../../../src/domain/ledger-limits.ts";
import { changedTrip, DEFAULT_TRIPS } from "../../../../src/domain/risk/trips/settings.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { markOf } from "../../../support/ledger/samples.ts";
import { MemoryLedgerStore } from "../../../support/orders/memory-ledger-store.ts";

const INDEX = "NSE:NIFTY";
const HOUR_MS = 3_600_000;

/** A ledger whose index trip is on, and what people were told. */
function watching() {
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
  let news = new LastingNews(book, UNKNOWN_TRIPS);
  const set = (on: boolean): void => {
    const setting = changedTrip(DEFAULT_TRIPS.indexFall, {
      trip: "indexFall",
      on,
      bounds: { instrument: INDEX },
    });
    const change = { kind: "trip_set", trip: "indexFall", setting, by: "ann", at: now } as const;
    book.commit(now, (state) => book.control(state, change, now));
  };
  set(true);
  return {
    told,
    set,
    mark: () => book.takeMarks([markOf(now, 100, INDEX)], now),
    evict: () => {
      book = begin();
      news = new LastingNews(book, UNKNOWN_TRIPS);
    },
    /** The ledger's alarm, every twenty seconds for so long. */
    run: (ms: number) => {
      for (const end = now + ms; now < end; now += 20_000) {
        book.commit(now, () => {});
        news.look(now);
      }
    },
    shown: () => {
      const state = book.state(now);
      const row = controlsView(state, now, []).trips.find(({ trip }) => trip === "indexFall");
      return { row: row?.unknown, status: statusView(state, "main", 0, now).unknownTrips };
    },
  };
}

test("once it has lasted, by name, with what follows from it; once a day, also after an eviction", () => {
  const run = watching();
  run.run(LASTING_TOLD_AFTER_MS);
  expect(run.told).toEqual([]);
  run.run(40_000);
  expect(run.told).toEqual([
    {
      id: expect.stringMatching(/^trip-unknown-/),
      at: expect.any(Number),
      account: "portfolio",
      severity: "serious",
      title: "The trip indexFall does not know whether to fire",
      message: `there is no good price of ${INDEX}. All entries are refused and exits pass until it does; look at that feed, or switch the trip off.`,
    },
  ]);
  run.evict();
  run.run(HOUR_MS);
  expect(run.told).toHaveLength(1);
  run.run(24 * HOUR_MS);
  expect(run.told).toHaveLength(2);
});

test("not of one that sees again in time, nor of one that is off", () => {
  const run = watching();
  run.run(40_000);
  run.mark();
  run.run(40_000);
  run.mark();
  run.run(40_000);
  run.set(false);
  run.run(HOUR_MS);
  expect(run.told).toEqual([]);
});

test("it is shown with the trip and with the portfolio's state for as long as it is so", () => {
  const run = watching();
  const reason = `there is no good price of ${INDEX}`;
  expect(run.shown()).toEqual({ row: reason, status: [{ trip: "indexFall", reason }] });
  run.mark();
  expect(run.shown()).toEqual({ row: null, status: [] });
  run.set(false);
  run.run(HOUR_MS);
  expect(run.shown()).toEqual({ row: null, status: [] });
});
