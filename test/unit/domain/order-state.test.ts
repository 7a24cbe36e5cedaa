import { describe, expect, test } from "vitest";
import { ORDER_STATES, type OrderState } from "../../../src/domain/order.ts";
import {
  closerState,
  isTerminal,
  ORDER_TRANSITIONS,
  TERMINAL_STATES,
  transition,
  transitionFlag,
  transitionOf,
  type OrderTransition,
} from "../../../src/domain/order-state.ts";

/** The whole table as a picture: a row for each state, a column for each event in the order of the list. */
const SHORT: Record<OrderState, string> = {
  denied: "dn",
  pending_new: "pn",
  new: "nw",
  pending_trigger: "pt",
  partially_filled: "pf",
  filled: "fl",
  pending_cancel: "pc",
  canceled: "cn",
  pending_replace: "pr",
  replaced: "rp",
  rejected: "rj",
  expired: "ex",
  suspended: "su",
  unknown: "un",
  dead_lettered: "dl",
};

const PICTURE: Record<OrderState, string> = {
  //                ac at tr rj p1 f1 cr cx cn rr rx rp su ex ns ou dl di ad
  denied: /*      */ "-- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --",
  pending_new: /* */ "nw pt nw rj pf fl pc -- cn -- -- pn su ex pn un dl -- --",
  new: /*         */ "nw nw nw rj pf fl pc nw cn pr nw rp su ex -- nw dl -- nw",
  pending_trigger: "pt pt nw rj pf fl pc pt cn pr pt rp su ex -- pt dl -- --",
  partially_filled: "pf pf pf rj pf fl pc pf cn pr pf rp su ex -- pf dl -- nw",
  filled: /*      */ "nw nw -- -- fl fl -- -- -- -- -- -- -- -- -- -- -- -- nw",
  pending_cancel: "pc pc pc rj pc fl pc nw cn -- pc pc pc ex cn un dl -- --",
  canceled: /*    */ "nw pt -- -- cn fl -- -- cn -- -- -- -- -- -- -- -- -- --",
  pending_replace: "pr pr pr rj pr fl pc pr cn -- nw rp su ex -- un dl -- --",
  replaced: /*    */ "rp rp rp rj pf fl pc rp cn pr rp rp su ex -- rp dl -- --",
  rejected: /*    */ "nw pt -- rj pf fl -- -- -- -- -- -- -- -- -- -- -- -- --",
  expired: /*     */ "nw pt -- -- ex fl -- -- -- -- -- -- -- ex -- -- -- -- --",
  suspended: /*   */ "nw pt nw rj pf fl pc -- cn -- -- rp su ex -- su dl -- --",
  unknown: /*     */ "nw pt nw rj pf fl un un cn -- un rp su ex pn un dl -- --",
  dead_lettered: /**/ "nw pt nw rj pf fl -- -- cn -- -- rp -- ex -- -- dl cn --",
};

const next = (state: OrderState, event: OrderTransition): OrderState | null => {
  const result = transition(state, event);
  return result.ok ? result.value : null;
};

describe("the order state table", () => {
  test.each(ORDER_STATES)("%s answers every event as the picture says", (state) => {
    const row = ORDER_TRANSITIONS.map((event) => {
      const to = next(state, event);
      return to === null ? "--" : SHORT[to];
    });
    expect(row.join(" ")).toBe(PICTURE[state]);
  });

  test("a refused pair names itself", () => {
    expect(transition("filled", "canceled")).toEqual({
      ok: false,
      error: { state: "filled", transition: "canceled" },
    });
  });

  test("nothing brings a denied order to life", () => {
    for (const event of ORDER_TRANSITIONS) expect(next("denied", event)).toBeNull();
  });

  test("only fills, repeated news, a misread refusal, an order found after all and the rest of one placed past us are taken in a terminal state", () => {
    for (const state of TERMINAL_STATES) {
      for (const event of ORDER_TRANSITIONS) {
        const to = next(state, event);
        if (to === null || to === state) continue;
        const misread = state === "rejected" && /fill|accepted/.test(event);
        const foundAfterAll = state !== "denied" && /accepted/.test(event);
        const revived = misread || foundAfterAll || (state === "filled" && event === "adopted");
        expect(revived || to === "filled", `${state} + ${event} → ${to}`).toBe(true);
      }
    }
  });

  test("a timeout after evidence of life never takes the order back to unknown", () => {
    for (const state of ["new", "partially_filled", "pending_trigger", "replaced"] as const)
      expect(next(state, "outcome_unknown")).toBe(state);
  });

  test("no order known to the broker can be called not sent", () => {
    const live = new Set<OrderState>([
      "new",
      "partially_filled",
      "pending_trigger",
      "pending_replace",
      "replaced",
    ]);
    for (const state of ORDER_STATES.filter((each) => live.has(each) || isTerminal(each)))
      expect(next(state, "not_sent")).toBeNull();
  });

  test("every live state takes fills and the broker's end of the order", () => {
    for (const state of ORDER_STATES.filter((each) => !isTerminal(each))) {
      for (const event of ["partial_fill", "full_fill", "canceled", "expired"] as const)
        expect(next(state, event), `${state} + ${event}`).not.toBeNull();
      expect(next(state, "full_fill")).toBe("filled");
    }
  });

  test("late fills are flagged, ordinary fills are not", () => {
    for (const state of ["filled", "canceled", "rejected", "expired"] as const)
      for (const event of ["partial_fill", "full_fill"] as const)
        expect(transitionFlag(state, event)).toMatch(/filled/);
    expect(transitionFlag("canceled", "accepted")).toMatch(/accepted after/);
    expect(transitionFlag("new", "full_fill")).toBeNull();
    expect(transitionFlag("pending_cancel", "partial_fill")).toBeNull();
  });
});

describe("closer names", () => {
  test("a live order with fills is partially filled, one that waits is pending its trigger", () => {
    expect(closerState("new", { fills: "some", untriggered: true })).toBe("partially_filled");
    expect(closerState("new", { fills: "none", untriggered: true })).toBe("pending_trigger");
    expect(closerState("new", { fills: "none", untriggered: false })).toBe("new");
    expect(closerState("canceled", { fills: "some", untriggered: true })).toBe("canceled");
    expect(closerState("replaced", { fills: "some", untriggered: false })).toBe("replaced");
  });

  test("a live order with nothing left to fill is filled, a canceled one is not", () => {
    expect(closerState("new", { fills: "all", untriggered: false })).toBe("filled");
    expect(closerState("replaced", { fills: "all", untriggered: false })).toBe("filled");
    expect(closerState("canceled", { fills: "all", untriggered: false })).toBe("canceled");
    expect(closerState("pending_cancel", { fills: "all", untriggered: false })).toBe(
      "pending_cancel",
    );
  });

  test("a fill is named by what it leaves, an acceptance by its trigger", () => {
    const accepted = { kind: "accepted", brokerOrderId: "b", pendingTrigger: true } as const;
    expect(transitionOf(accepted, "partly")).toBe("accepted_untriggered");
    expect(transitionOf({ ...accepted, pendingTrigger: false }, "partly")).toBe("accepted");
    expect(transitionOf({ kind: "triggered" }, "fully")).toBe("triggered");
  });
});
