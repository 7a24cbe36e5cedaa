import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTerminal, type OrderView } from "../../src/contract/orders.ts";
import { isNews, type KnownOrder } from "../src/order-news.ts";
import { orderView } from "./support/views.ts";

const known = (over: Record<string, unknown>, version: number | null = 5): KnownOrder => ({
  order: orderView(over),
  version,
  revision: 10,
});
const frame = (version: number) => ({ from: "stream", version }) as const;
const answer = (asOf: number) => ({ from: "request", asOf }) as const;

describe("which view is newer", () => {
  test("a fill is news, though its clock stands before that of the acceptance", () => {
    const before = known({ state: "new", updatedAt: 464 });
    const fill = orderView({ state: "filled", filledQuantity: "1", updatedAt: 428 });
    expect(isNews(before, fill, frame(6))).toBe(true);
    expect(isNews(before, fill, answer(3))).toBe(true);
  });

  test("an old frame does not undo what an answer told", () => {
    const filled = known({ state: "filled", filledQuantity: "1" }, null);
    expect(isNews(filled, orderView({ state: "new" }), frame(2))).toBe(false);
    expect(
      isNews(known({ state: "new" }, null), orderView({ state: "pending_new" }), frame(1)),
    ).toBe(false);
  });

  test("a later frame is news and an earlier one is not", () => {
    const replacing = orderView({ state: "pending_replace" });
    expect(isNews(known({ state: "new" }), replacing, frame(6))).toBe(true);
    expect(isNews(known({ state: "new" }), replacing, frame(5))).toBe(false);
    // A refused change leads back.
    expect(isNews(known({ state: "pending_replace" }), orderView({ state: "new" }), frame(6))).toBe(
      true,
    );
  });

  test("an answer counts unless the order changed while it was under way", () => {
    const next = orderView({ state: "new", limitPrice: "101" });
    expect(isNews(known({ state: "pending_replace" }), next, answer(10))).toBe(true);
    expect(isNews(known({ state: "pending_replace" }), next, answer(9))).toBe(false);
    expect(isNews(known({ state: "new" }), orderView({ state: "canceled" }), answer(9))).toBe(true);
  });

  test("the same twice is no news, and a late fill after the end is", () => {
    const canceled = known({ state: "canceled" });
    expect(isNews(canceled, orderView({ state: "canceled" }), frame(9))).toBe(false);
    const late = orderView({ state: "canceled", filledQuantity: "0.5" });
    expect(isNews(canceled, late, frame(9))).toBe(true);
    expect(
      isNews(known({ filledQuantity: "10" }), orderView({ filledQuantity: "9" }), frame(9)),
    ).toBe(false);
  });

  test("with frames lost, answers late and clocks apart, a read ends on the truth and nothing is undone", () => {
    const step = fc.constantFrom("advance", "frame", "lose", "ask", "serve", "receive");
    const clock = fc.array(fc.nat(1_000), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), clock, (steps, clocks) => {
        const life = lifeOf(clocks);
        let truth = 0;
        let framed = 0;
        let now: KnownOrder | null = null;
        let revision = 0;
        let asked: { asOf: number; view: OrderView | null } | null = null;
        const take = (view: OrderView, source: Parameters<typeof isNews>[2]): void => {
          if (!isNews(now, view, source)) return;
          expect(Number(view.filledQuantity)).toBeGreaterThanOrEqual(
            Number(now?.order.filledQuantity ?? 0),
          );
          expect(now !== null && isTerminal(now.order.state) && !isTerminal(view.state)).toBe(
            false,
          );
          revision += 1;
          const version = source.from === "stream" ? source.version : (now?.version ?? null);
          now = { order: view, version, revision };
        };
        const at = (index: number): OrderView => life[index] ?? orderView();
        for (const each of steps) {
          if (each === "advance") truth = Math.min(truth + 1, life.length - 1);
          if (each === "frame" && framed <= truth) take(at(framed), frame(framed + 1));
          if ((each === "frame" || each === "lose") && framed <= truth) framed += 1;
          if (each === "ask") asked ??= { asOf: revision, view: null };
          if (each === "serve" && asked !== null) asked.view ??= at(truth);
          if (each === "receive" && asked?.view) {
            take(asked.view, answer(asked.asOf));
            asked = null;
          }
        }
        take(at(truth), answer(revision));
        expect((now as KnownOrder | null)?.order).toEqual(at(truth));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** An order's life in the ledger, each step stamped by somebody else's clock. */
function lifeOf(clocks: readonly number[]): OrderView[] {
  return [
    { state: "pending_new" },
    { state: "new" },
    { state: "pending_replace" },
    { state: "new", limitPrice: "101" },
    { state: "partially_filled", filledQuantity: "0.5", limitPrice: "101" },
    { state: "filled", filledQuantity: "1", limitPrice: "101" },
  ].map((over, index) => orderView({ ...over, updatedAt: clocks[index] }));
}
