import fc from "fast-check";
import { expect, test } from "vitest";
import {
  confirm,
  countByStatus,
  dropped,
  nextBatch,
  NO_SUBSCRIPTIONS,
  refuse,
  restart,
  type Subscriptions,
  sweep,
  want,
} from "../../../src/domain/subscriptions.ts";
import type { FeedMode } from "../../../src/domain/tick.ts";

const BOUNDS = { answerBoundMs: 10_000, retryMs: 60_000 };

const wishes = (...ids: string[]) => new Map<string, FeedMode>(ids.map((id) => [id, "quote"]));

function drain(state: Subscriptions, batchMax = 50, now = 0) {
  const batches: { op: string; instruments: string[]; mode: FeedMode }[] = [];
  let next = nextBatch(state, batchMax, now);
  let current = state;
  while (next) {
    current = next.state;
    batches.push(next.batch);
    next = nextBatch(current, batchMax, now);
  }
  return { state: current, batches };
}

test("1,000 wishes go out as 20 messages of 50, once", () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `X:I${index}`);
  const { state, batches } = drain(want(NO_SUBSCRIPTIONS, wishes(...ids), 0));
  expect(batches.map((batch) => batch.instruments.length)).toEqual(Array(20).fill(50));
  expect(drain(state).batches).toEqual([]);
  expect(drain(restart(state, 1)).batches).toHaveLength(20);
});

test("one batch holds one mode", () => {
  const mixed = new Map<string, FeedMode>([
    ["A", "quote"],
    ["B", "depth"],
    ["C", "quote"],
  ]);
  const { batches } = drain(want(NO_SUBSCRIPTIONS, mixed, 0));
  expect(batches.map(({ mode, instruments }) => [mode, instruments])).toEqual([
    ["quote", ["A", "C"]],
    ["depth", ["B"]],
  ]);
});

test("a higher mode is asked for in place, and the instrument stays live", () => {
  const held = confirm(drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state, ["A"], 0).state;
  const { state, batches } = drain(want(held, new Map([["A", "depth"]]), 1));
  expect(batches).toEqual([{ op: "subscribe", instruments: ["A"], mode: "depth" }]);
  // What it brings more has yet to be confirmed; it ticks on meanwhile.
  expect(state.wanted.get("A")?.status).toBe("pending");
  const upgraded = confirm(state, ["A"], 5).state;
  expect(upgraded.wanted.get("A")?.status).toBe("confirmed");
  // Down again: there is nothing to wait for.
  const lower = drain(want(upgraded, new Map([["A", "ltp"]]), 6));
  expect(lower.batches).toEqual([{ op: "subscribe", instruments: ["A"], mode: "ltp" }]);
  expect(lower.state.wanted.get("A")?.status).toBe("confirmed");
});

test("what was never sent is dropped without a message", () => {
  const state = want(want(NO_SUBSCRIPTIONS, wishes("A", "B"), 0), wishes("B"), 1);
  expect(drain(state).batches.map((batch) => [batch.op, batch.instruments])).toEqual([
    ["subscribe", ["B"]],
  ]);
});

test("a wish taken back and given again before the unsubscribe left changes nothing upstream", () => {
  const held = confirm(drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state, ["A"], 0).state;
  const again = want(want(held, wishes(), 1), wishes("A"), 2);
  expect(drain(again).batches).toEqual([]);
  expect(again.wanted.get("A")?.status).toBe("confirmed");
});

test("a late yes, no or goodbye for something no longer pending is ignored", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  const gone = drain(want(sent, wishes(), 1)).state;
  expect(confirm(gone, ["A"], 2).confirmed).toEqual([]);
  const back = want(gone, wishes("A"), 3);
  // The answer to the first subscribe comes only now, before the second has been sent.
  expect(confirm(back, ["A"], 4).confirmed).toEqual([]);
  expect(refuse(back, ["A", "X:NEVER"], 4).alarmed).toEqual([]);
  expect(dropped(back, ["A"]).wanted.get("A")?.status).toBe("pending");
  expect(confirm(drain(back).state, ["A"], 5).confirmed).toEqual(["A"]);
});

test("silence past the bound is an alarm, and is asked for again later", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  expect(sweep(sent, 9_999, BOUNDS).alarmed).toEqual([]);
  const swept = sweep(sent, 10_000, BOUNDS);
  expect(swept.alarmed).toEqual(["A"]);
  expect(drain(sweep(swept.state, 69_999, BOUNDS).state).batches).toEqual([]);
  const retried = drain(sweep(swept.state, 70_000, BOUNDS).state, 50, 70_000);
  expect(retried.batches).toHaveLength(1);
  expect(retried.state.wanted.get("A")?.status).toBe("alarmed");
  expect(confirm(retried.state, ["A"], 70_001).confirmed).toEqual(["A"]);
});

test("an unsubscribe without an answer is sent again", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  const gone = drain(want(sent, wishes(), 0)).state;
  expect(drain(sweep(gone, 9_999, BOUNDS).state).batches).toEqual([]);
  expect(drain(sweep(gone, 10_000, BOUNDS).state).batches).toHaveLength(1);
  expect(dropped(gone, ["A"]).leaving.size).toBe(0);
});

type Action =
  | { kind: "want"; ids: string[] }
  | { kind: "send" }
  | { kind: "restart" }
  | { kind: "sweep" }
  | { kind: "confirm"; ids: string[] }
  | { kind: "refuse"; ids: string[] }
  | { kind: "dropped"; ids: string[] };

const someIds = fc.subarray(["A", "B", "C", "D", "E"]);
const kind = <K extends string>(name: K) => fc.constant(name);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: kind("want"), ids: someIds }),
  fc.record({ kind: kind("send") }),
  fc.record({ kind: kind("restart") }),
  fc.record({ kind: kind("sweep") }),
  fc.record({ kind: kind("confirm"), ids: someIds }),
  fc.record({ kind: kind("refuse"), ids: someIds }),
  fc.record({ kind: kind("dropped"), ids: someIds }),
);

test("wanted = confirmed ∪ pending ∪ alarmed, and the broker ends up holding exactly the wanted", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      let state = NO_SUBSCRIPTIONS;
      let wanted: string[] = [];
      /** What a broker that does as it is told would be sending on this connection. */
      let upstream = new Set<string>();
      const send = (batchMax: number, now: number) => {
        const next = nextBatch(state, batchMax, now);
        if (!next) return false;
        state = next.state;
        const { op, instruments } = next.batch;
        for (const id of instruments)
          if (op === "subscribe") upstream.add(id);
          else upstream.delete(id);
        return true;
      };
      for (const [now, step] of actions.entries()) {
        if (step.kind === "want") {
          wanted = step.ids;
          state = want(state, wishes(...wanted), now * 5_000);
        } else if (step.kind === "send") send(2, now * 5_000);
        else if (step.kind === "restart") {
          state = restart(state, now * 5_000);
          upstream = new Set();
        } else if (step.kind === "sweep") state = sweep(state, now * 5_000, BOUNDS).state;
        else if (step.kind === "confirm") state = confirm(state, step.ids, now * 5_000).state;
        else if (step.kind === "refuse") state = refuse(state, step.ids, now * 5_000).state;
        else if (step.kind === "dropped") state = dropped(state, step.ids);
        const counts = countByStatus(state);
        expect([...state.wanted.keys()].sort()).toEqual(wanted.toSorted());
        expect(counts.pending + counts.confirmed + counts.alarmed).toBe(wanted.length);
        expect(wanted.filter((id) => state.leaving.has(id))).toEqual([]);
      }
      while (send(2, 1_000_000));
      expect([...upstream].sort()).toEqual(wanted.toSorted());
    }),
    { numRuns: 500 },
  );
});
