/** The prices that the ledger keeps, and those that it stores, are of what is held: others would grow without a bound. */
import { expect, test } from "vitest";
import { MARK_KEPT_MS } from "../../../../src/domain/ledger-limits.ts";
import type { Mark } from "../../../../src/domain/tick.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";

const markOf = (instrument: string, time: number): Mark => ({
  instrument,
  price: 123.45,
  bid: 123.4,
  ask: 123.5,
  time,
  provider: "kite",
  calendar: "NSE",
});

const scan = (batch: number, time: number): Mark[] =>
  Array.from({ length: 1_000 }, (_, at) =>
    markOf(`NFO:NIFTY26D${batch}${String(at).padStart(5, "0")}CE`, time),
  );

test("prices of instruments that nobody holds do not fill the one row that all marks share", async () => {
  const { ledger, advance } = await reserved();
  for (let batch = 0; batch < 20; batch += 1) {
    advance(10_000);
    ledger.takeMarks([
      ...scan(batch, START + 10_000 * (batch + 1)),
      markOf(intent.instrument, START),
    ]);
  }
  // A value of a Durable Object's SQLite holds 2 MB: beyond it each commit with a price fails.
  const stored = JSON.parse(ledger.store.setting("marks") ?? "[]") as Mark[];
  expect(stored.map(({ instrument }) => instrument)).toEqual([intent.instrument]);
});

test("prices that nobody has needed for long are forgotten, and those of what is held stay", async () => {
  const { ledger, advance } = await reserved();
  ledger.takeMarks([...scan(1, START), markOf(intent.instrument, START)]);
  expect(ledger.state().marks.size).toBe(1_001);
  advance(MARK_KEPT_MS + 10_000);
  ledger.takeMarks([markOf("NSE:OTHER", START + MARK_KEPT_MS)]);
  expect([...ledger.state().marks.keys()].sort()).toEqual(["NSE:OTHER", intent.instrument]);
});
