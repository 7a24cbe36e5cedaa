/** Prices that may be of another time than the clock says price no entry. */
import { expect, test } from "vitest";
import { isFresh } from "../../../../src/domain/risk/case.ts";
import { decimal } from "../../../../src/domain/decimal.ts";
import { MARK_AHEAD_MS_MAX } from "../../../../src/domain/ledger-limits.ts";
import { markOf } from "../../../support/ledger/samples.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";

const again = (name: string) => ({ ...intent, clientOrderId: name });

test("after an eviction a price is heard again before it prices an entry: the stored one may be from before the last", async () => {
  const run = await reserved();
  run.mark();
  const blind = { ...facts(), mark: null };
  expect((await run.calls.reserve(again("before"), blind)).kind).toBe("approved");
  run.ledger.evict();
  const answer = await run.calls.reserve(again("unheard"), blind);
  expect(answer).toMatchObject({ kind: "denied", refusal: { code: "STALE_PRICE" } });
  run.mark();
  expect((await run.calls.reserve(again("heard"), blind)).kind).toBe("approved");
});

test.each([
  [0, true],
  [MARK_AHEAD_MS_MAX, true],
  [MARK_AHEAD_MS_MAX + 1, false],
  [16_000, false],
])("a price %i ms ahead of the ledger's clock is fresh: %s", (ahead, expected) => {
  expect(isFresh(markOf(NOON + ahead), decimal("10000"), NOON)).toBe(expected);
});
