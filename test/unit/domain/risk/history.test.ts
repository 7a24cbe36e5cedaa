import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OrderEvent } from "../../../../src/domain/order.ts";
import { decide } from "../../../../src/domain/risk/decide.ts";
import { orderHistory, type RecordedEvent } from "../../../../src/domain/risk/history.ts";
import { apply, type LedgerEvent } from "../../../../src/domain/risk/ledger.ts";
import { decideReplace } from "../../../../src/domain/risk/replace.ts";
import { LedgerRun } from "../../../support/ledger/run.ts";
import {
  acceptedAs,
  factsWith,
  fillOf,
  intentWith,
  postOf,
} from "../../../support/ledger/samples.ts";

const INTENT = intentWith({ clientOrderId: "o-1" });

/** A ledger that records what happens to one order as its storage does: as text. */
class Recorder {
  readonly run = new LedgerRun();
  readonly events: RecordedEvent[] = [];

  record(event: LedgerEvent, eventId: string | null = null) {
    const { version, entry } = apply(this.run.state, event);
    const body = JSON.parse(JSON.stringify(event)) as LedgerEvent;
    this.events.push({ version, at: (this.run.now += 1), eventId, body });
    return entry;
  }

  reserve() {
    const decision = decide(this.run.state, INTENT, factsWith(), this.run.now);
    if (decision.kind === "approved") this.record({ ...decision, kind: "reserved" });
    else if (decision.kind === "denied") this.record({ kind: "denied", order: decision.order });
    return this;
  }

  post(event: OrderEvent, eventId = `o-1:${event.kind}`) {
    this.record({ kind: "posted", post: postOf("o-1", event, this.run.now) }, eventId);
    return this;
  }

  replace(quantity: string, by: string) {
    const changes = { quantity, limitPrice: null, stopPrice: null };
    const { state, now } = this.run;
    const decided = decideReplace(state, "o-1", changes, factsWith(), by, now);
    if (!decided.ok) throw new Error(`not reserved: ${JSON.stringify(decided.error)}`);
    this.record(decided.value);
    return this;
  }

  story() {
    return orderHistory(this.events).map(({ kind, source, state }) => [kind, source, state]);
  }
}

describe("the history of an order", () => {
  test("tells its whole life: what, from where, and the state after each", () => {
    const changes = { quantity: "8", limitPrice: null, stopPrice: null };
    const recorder = new Recorder()
      .reserve()
      .post({ kind: "not_sent", reason: "no line", attempt: 1 })
      .post(acceptedAs("b-1"))
      .post(fillOf(INTENT, "3", "99.5", { fee: "0.1", feeCurrency: "XXX" }))
      .replace("8", "algo:key-1")
      .post({ kind: "replaced", changes })
      .post({ kind: "cancel_requested", by: "person:ann@example.com" }, "ledger:7")
      .post({ kind: "canceled", reason: "as asked" })
      .post(fillOf(INTENT, "1", "99"));
    expect(recorder.story()).toEqual([
      ["reserved", "ledger", "pending_new"],
      ["not_sent", "gateway", "pending_new"],
      ["accepted", "broker", "new"],
      ["filled", "broker", "partially_filled"],
      ["replace_requested", "algo", "pending_replace"],
      ["replaced", "broker", "replaced"],
      ["cancel_requested", "person", "pending_cancel"],
      ["canceled", "broker", "canceled"],
      ["filled", "broker", "canceled"],
    ]);
    const history = orderHistory(recorder.events);
    expect(history.map(({ version }) => version)).toEqual(
      recorder.events.map(({ version }) => version),
    );
    expect(history[1]).toMatchObject({ reason: "no line", attempt: 1 });
    expect(history[3]).toMatchObject({
      filledQuantity: "3",
      brokerOrderId: "b-1",
      execution: { price: "99.5", fee: "0.1" },
      flag: null,
    });
    expect(history[4]).toMatchObject({ by: "algo:key-1", changes: { quantity: "8" } });
    expect(history[6]).toMatchObject({ by: "person:ann@example.com" });
    expect(history[8]).toMatchObject({ filledQuantity: "4" });
    expect(history[8]?.flag).toBeTruthy();
  });

  test("shows a denial with its figures", () => {
    const recorder = new Recorder();
    recorder.run.limit("orderNotional", "500");
    const [denied, ...rest] = orderHistory(recorder.reserve().events);
    expect(rest).toEqual([]);
    expect(denied).toMatchObject({
      kind: "denied",
      source: "ledger",
      state: "denied",
      refusal: { code: "ORDER_NOTIONAL", limit: "500", asked: "1000" },
    });
    expect(denied?.reason).toBe(denied?.refusal?.message);
  });

  test.each([
    [{ kind: "rejected", reason: "halted" }, "o-1:stopped", "gateway"],
    [{ kind: "rejected", reason: "no funds" }, "o-1:rejected", "broker"],
    [{ kind: "canceled", reason: "before it was sent" }, "o-1:withdrawn", "gateway"],
    [{ kind: "outcome_unknown", reason: "silence" }, "o-1:unknown", "gateway"],
    [{ kind: "dead_lettered", label: "not_sent", reason: "twice" }, "o-1:desk", "gateway"],
    [{ kind: "dead_lettered", label: "not_sent", reason: "twice" }, "ledger:2", "ledger"],
    [fillOf(INTENT, "1", "99"), "o-1:hand:b-7", "person"],
    [acceptedAs("b-1"), "ledger:accepted", "broker"],
    [fillOf(INTENT, "1", "99"), "o-1:fill:hand", "broker"],
    [{ kind: "cancel_requested", by: "ledger" }, "ledger:2", "ledger"],
    [{ kind: "cancel_requested", by: "development:local" }, "ledger:2", "person"],
  ] as [OrderEvent, string, string][])("%j of %s comes from the %3$s", (event, id, source) => {
    expect(orderHistory(new Recorder().reserve().post(event, id).events)[1]).toMatchObject({
      kind: event.kind,
      source,
    });
  });

  test("an order placed past the ledger begins with its first fill", () => {
    const recorder = new Recorder().post(fillOf(INTENT, "2", "99"));
    expect(recorder.story()).toEqual([["filled", "broker", "filled"]]);
    expect(orderHistory(recorder.events)[0]?.flag).toBe("filled without an order of ours");
  });

  test("of nothing is nothing", () => expect(orderHistory([])).toEqual([]));

  test("ends in the ledger's own state, whatever happened in whatever order", () => {
    const news: fc.Arbitrary<OrderEvent> = fc.oneof(
      fc.constantFrom<OrderEvent>(
        acceptedAs("b-1"),
        { kind: "triggered" },
        { kind: "rejected", reason: "no" },
        { kind: "cancel_requested", by: "algo:k" },
        { kind: "cancel_rejected", reason: "late" },
        { kind: "canceled", reason: "asked" },
        { kind: "replace_rejected", reason: "no" },
        { kind: "expired", reason: "day" },
        { kind: "not_sent", reason: "no line", attempt: 1 },
        { kind: "outcome_unknown", reason: "silence" },
        { kind: "dead_lettered", label: "unknown", reason: "silence" },
        { kind: "discarded", by: "person:ann", reason: "seen" },
      ),
      fc.integer({ min: 1, max: 6 }).map((n) => fillOf(INTENT, String(n), "99")),
    );
    fc.assert(
      fc.property(fc.array(news, { maxLength: 12 }), (events) => {
        const recorder = new Recorder().reserve();
        for (const event of events) {
          recorder.post(event);
          const last = orderHistory(recorder.events).at(-1);
          const { order } = recorder.run.entry("o-1");
          expect(last).toMatchObject({
            state: order.state,
            filledQuantity: order.filledQuantity,
            brokerOrderId: order.brokerOrderId,
          });
        }
      }),
    );
  });
});
