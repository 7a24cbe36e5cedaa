import fc from "fast-check";
import { expect, test } from "vitest";
import {
  confirm,
  countByStatus,
  dropped,
  heldUpstream,
  nextBatch,
  NO_SUBSCRIPTIONS,
  queueOf,
  refuse,
  requeue,
  restart,
  type Subscriptions,
  sweep,
  want,
} from "../../../src/domain/subscriptions.ts";
import type { FeedMode } from "../../../src/domain/tick.ts";

const BOUNDS = { answerBoundMs: 10_000, retryMs: 60_000, unsubscribesMax: 3 };

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

test("a wish taken back and given again before the unsubscribe left is asked for in place, and confirmed anew", () => {
  const held = confirm(drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state, ["A"], 0).state;
  for (const mode of ["ltp", "quote", "depth"] as const) {
    const again = want(want(held, wishes(), 1), new Map([["A", mode]]), 2);
    const { state, batches } = drain(again);
    expect(batches).toEqual([{ op: "subscribe", instruments: ["A"], mode }]);
    expect(confirm(state, ["A"], 3).confirmed).toEqual(["A"]);
    // Let go once more before it was asked for, the broker holds it still.
    expect(drain(want(again, wishes(), 3)).batches).toMatchObject([{ op: "unsubscribe" }]);
  }
});

test("a tick of what is confirmed, or not asked for, copies nothing", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  const held = confirm(sent, ["A"], 0).state;
  expect(confirm(held, ["A", "B"], 1).state).toBe(held);
  const queued = want(NO_SUBSCRIPTIONS, wishes("A"), 0);
  expect(confirm(queued, ["A"], 1).state).toBe(queued);
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

/** What goes out in an hour of sweeps, with each batch given to the broker. */
function hour(start: Subscriptions, answer: (state: Subscriptions) => Subscriptions) {
  let [state, sends] = [start, 0];
  for (let now = 1_000; now <= 3_600_000; now += 1_000) {
    const next = nextBatch(sweep(state, now, BOUNDS).state, 50, now);
    state = next ? answer(next.state) : sweep(state, now, BOUNDS).state;
    if (next) sends += 1;
  }
  return { state, sends };
}

test("an unsubscribe that the broker refuses, or never answers, is not sent for ever", () => {
  const refused = refuse(drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state, ["A"], 0).state;
  const no = hour(want(refused, wishes(), 0), (state) => refuse(state, ["A"], 0).state);
  expect([no.sends, no.state.leaving.size]).toEqual([1, 0]);
  const silence = hour(want(refused, wishes(), 0), (state) => state);
  expect([silence.sends, silence.state.leaving.size]).toEqual([3, 0]);
});

test("a no that answers the subscribe is not taken for one to the unsubscribe after it", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  const gone = drain(want(sent, wishes(), 0)).state;
  const once = refuse(gone, ["A"], 1).state;
  expect(once.leaving.size).toBe(1);
  expect(refuse(once, ["A"], 2).state.leaving.size).toBe(0);
  // For going too fast it is only put off.
  expect(drain(requeue(gone, ["A"])).batches).toMatchObject([{ op: "unsubscribe" }]);
});

test("what waits for its turn to be asked for is not unanswered, and its bound counts from that turn", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A"), 0)).state;
  const waiting = sweep(sent, 30_000, { ...BOUNDS, isWaiting: () => true });
  expect(waiting.alarmed).toEqual([]);
  expect(sweep(waiting.state, 39_999, BOUNDS).alarmed).toEqual([]);
  expect(sweep(waiting.state, 40_000, BOUNDS).alarmed).toEqual(["A"]);
});

type Action =
  | { kind: "want"; ids: string[] }
  | { kind: "send" }
  | { kind: "restart" }
  | { kind: "sweep" }
  | { kind: "confirm"; ids: string[] }
  | { kind: "refuse"; ids: string[] }
  | { kind: "full"; ids: string[] }
  | { kind: "requeue"; ids: string[] }
  | { kind: "mode"; mode: FeedMode }
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
  fc.record({ kind: kind("full"), ids: someIds }),
  fc.record({ kind: kind("requeue"), ids: someIds }),
  fc.record({ kind: kind("mode"), mode: fc.constantFrom<FeedMode[]>("ltp", "quote", "depth") }),
  fc.record({ kind: kind("dropped"), ids: someIds }),
);

test("lesson 1: wanted = confirmed ∪ pending ∪ alarmed, through any reconnects, and the broker ends up holding exactly the wanted", () => {
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
        else if (step.kind === "full") state = refuse(state, step.ids, now * 5_000, true).state;
        else if (step.kind === "requeue") state = requeue(state, step.ids);
        else if (step.kind === "mode")
          state = want(state, new Map(wanted.map((id) => [id, step.mode])), now * 5_000);
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

test("lesson 1: after a reconnect everything wanted is confirmed or alarmed within the bound, whatever the broker answers", () => {
  fc.assert(
    fc.property(someIds, someIds, (yes, no) => {
      const all = ["A", "B", "C", "D", "E"];
      const before = confirm(drain(want(NO_SUBSCRIPTIONS, wishes(...all), 0)).state, all, 0).state;
      let state = drain(restart(before, 1_000), 2, 1_000).state;
      state = refuse(confirm(state, yes, 1_001).state, no, 1_002).state;
      state = sweep(state, 1_000 + BOUNDS.answerBoundMs, BOUNDS).state;
      expect(countByStatus(state).pending).toBe(0);
      const { confirmed, alarmed } = countByStatus(state);
      expect(confirmed + alarmed).toBe(all.length);
    }),
  );
});

test("lesson 2: a new connection asks for each instrument once, however often the old ones broke", () => {
  let state = confirm(
    drain(want(NO_SUBSCRIPTIONS, wishes("A", "B", "C"), 0)).state,
    ["A"],
    0,
  ).state;
  for (let epoch = 1; epoch <= 5; epoch += 1) state = restart(state, epoch);
  const { batches, state: sent } = drain(state);
  expect(batches.flatMap(({ instruments }) => instruments)).toEqual(["A", "B", "C"]);
  expect(drain(sent).batches).toEqual([]);
});

test("lesson 4: 120 instruments go out as three messages of at most 50", () => {
  const ids = Array.from({ length: 120 }, (_, index) => `I${index}`);
  const state = want(NO_SUBSCRIPTIONS, wishes(...ids), 0);
  expect(queueOf(state, 50)).toEqual({ instruments: 120, messages: 3 });
  expect(drain(state, 50).batches.map(({ instruments }) => instruments.length)).toEqual([
    50, 50, 20,
  ]);
});

test("what found the connection full is asked for again as soon as something was let go", () => {
  const sent = drain(want(NO_SUBSCRIPTIONS, wishes("A", "B", "C"), 0)).state;
  const full = refuse(confirm(sent, ["A", "B"], 1).state, ["C"], 1, true).state;
  expect(heldUpstream(full)).toBe(2);
  expect(drain(full).batches).toEqual([]);
  const leaving = drain(want(full, wishes("B", "C"), 2)).state;
  const room = dropped(leaving, ["A"]);
  expect(drain(room).batches).toMatchObject([{ op: "subscribe", instruments: ["C"] }]);
  // One that the broker does not know is not asked for with it.
  const unknown = refuse(confirm(sent, ["A"], 1).state, ["C"], 1).state;
  const gone = dropped(drain(want(unknown, wishes("B", "C"), 2)).state, ["A"]);
  expect(drain(gone).batches).toEqual([]);
});
