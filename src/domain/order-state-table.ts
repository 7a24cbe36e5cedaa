/** The life of an order as one table, in FIX words: one line for each legal pair, the odd ones with their reason. */
import type { OrderState } from "./order.ts";

/**
 * The events of the table. A fill is named by what it leaves of the order, and an acceptance by
 * whether the order still waits for its trigger.
 */
export const ORDER_TRANSITIONS = [
  "accepted",
  "accepted_untriggered",
  "triggered",
  "rejected",
  "partial_fill",
  "full_fill",
  "cancel_requested",
  "cancel_rejected",
  "canceled",
  "replace_requested",
  "replace_rejected",
  "replaced",
  "suspended",
  "expired",
  "not_sent",
  "outcome_unknown",
  "dead_lettered",
  "discarded",
  "adopted",
] as const;

export type OrderTransition = (typeof ORDER_TRANSITIONS)[number];

/**
 * State, then event → state, one line for each legal pair. `new` stands for "live at the broker"; an
 * order with fills, or one still waiting for its trigger, is named more closely by `closerState`.
 */
export const ORDER_STATE_TABLE: Record<OrderState, Partial<Record<OrderTransition, OrderState>>> = {
  // It never left: no evidence about it can exist.
  denied: {},

  pending_new: {
    accepted: "new",
    accepted_untriggered: "pending_trigger",
    triggered: "new", // the trigger's news overtook the acceptance
    rejected: "rejected",
    partial_fill: "partially_filled", // a fill may beat the answer to the submit
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    canceled: "canceled", // an IOC's rest, or stopped at the gateway's door
    expired: "expired",
    suspended: "suspended",
    not_sent: "pending_new", // proven: it waits for its retry and keeps its reservation
    replaced: "pending_new", // an exit that was proven not sent, made smaller before it goes
    outcome_unknown: "unknown",
    dead_lettered: "dead_lettered",
  },

  new: {
    adopted: "new", // placed past us, and found at the broker
    accepted: "new", // said twice: by the answer and by the stream
    accepted_untriggered: "new", // older news than the trigger
    triggered: "new",
    rejected: "rejected", // some brokers accept first and let the exchange reject
    partial_fill: "partially_filled",
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "new", // the answer to a cancel that other evidence has overtaken
    canceled: "canceled",
    replace_requested: "pending_replace",
    replace_rejected: "new",
    replaced: "replaced", // modified by hand at the broker
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "new", // the stream knows more than the submit that timed out
    dead_lettered: "dead_lettered", // the broker no longer knows it, and a person must look
  },

  pending_trigger: {
    accepted: "pending_trigger", // only `triggered` moves it on
    accepted_untriggered: "pending_trigger",
    triggered: "new",
    rejected: "rejected", // the exchange refused it when it triggered
    partial_fill: "partially_filled", // the trigger's news was lost
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "pending_trigger",
    canceled: "canceled",
    replace_requested: "pending_replace",
    replace_rejected: "pending_trigger",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "pending_trigger",
    dead_lettered: "dead_lettered",
  },

  partially_filled: {
    adopted: "new", // a piece of it was told of before the order
    accepted: "partially_filled", // older news than the fill
    accepted_untriggered: "partially_filled",
    triggered: "partially_filled",
    rejected: "rejected", // the rest was refused: odd, but it is the broker's word
    partial_fill: "partially_filled",
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "partially_filled",
    canceled: "canceled",
    replace_requested: "pending_replace",
    replace_rejected: "partially_filled",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "partially_filled",
    dead_lettered: "dead_lettered",
  },

  filled: {
    adopted: "new", // what was told of it was one of its fills: more of it rests
    // A person executed it by hand, and the broker has it after all: what rests there is reserved, flagged.
    accepted: "new",
    accepted_untriggered: "new",
    partial_fill: "filled", // an overfill: booked and flagged, never dropped
    full_fill: "filled",
  },

  pending_cancel: {
    accepted: "pending_cancel", // the acceptance came after the wish to cancel
    accepted_untriggered: "pending_cancel",
    triggered: "pending_cancel",
    rejected: "rejected",
    partial_fill: "pending_cancel", // it stays fillable until the broker says otherwise
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "new",
    canceled: "canceled",
    replace_rejected: "pending_cancel",
    replaced: "pending_cancel", // a modify from before the cancel came through
    suspended: "pending_cancel",
    expired: "expired",
    not_sent: "canceled", // nothing is at the broker, and nobody wants it there
    outcome_unknown: "unknown",
    dead_lettered: "dead_lettered",
  },

  canceled: {
    // Withdrawn, or discarded by a person, and the broker has it after all: reserved again, flagged. A gateway
    // tells of an acceptance before it tells of the broker's own cancel, so that no late one comes here.
    accepted: "new",
    accepted_untriggered: "pending_trigger",
    partial_fill: "canceled", // a fill that crossed the cancel: booked, the rest stays canceled
    full_fill: "filled",
    canceled: "canceled",
  },

  pending_replace: {
    accepted: "pending_replace",
    accepted_untriggered: "pending_replace",
    triggered: "pending_replace",
    rejected: "rejected",
    partial_fill: "pending_replace",
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "pending_replace",
    canceled: "canceled",
    replace_rejected: "new",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "unknown",
    dead_lettered: "dead_lettered",
  },

  // A live order on new terms.
  replaced: {
    accepted: "replaced",
    accepted_untriggered: "replaced",
    triggered: "replaced",
    rejected: "rejected",
    partial_fill: "partially_filled",
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    cancel_rejected: "replaced",
    canceled: "canceled",
    replace_requested: "pending_replace",
    replace_rejected: "replaced",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "replaced",
    dead_lettered: "dead_lettered",
  },

  rejected: {
    accepted: "new", // the refusal was misread, the order lives: reserved again, flagged
    accepted_untriggered: "pending_trigger",
    partial_fill: "partially_filled", // the same, told by a fill
    full_fill: "filled",
    rejected: "rejected",
  },

  expired: {
    accepted: "new", // the broker has it after all, as for one that was canceled
    accepted_untriggered: "pending_trigger",
    partial_fill: "expired", // a fill from the last moment: booked, the rest stays expired
    full_fill: "filled",
    expired: "expired",
  },

  suspended: {
    accepted: "new", // trading in it goes on
    accepted_untriggered: "pending_trigger",
    triggered: "new",
    rejected: "rejected",
    partial_fill: "partially_filled",
    full_fill: "filled",
    cancel_requested: "pending_cancel",
    canceled: "canceled",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    outcome_unknown: "suspended",
    dead_lettered: "dead_lettered",
  },

  // Any evidence ends it; nothing else does.
  unknown: {
    accepted: "new",
    accepted_untriggered: "pending_trigger",
    triggered: "new",
    rejected: "rejected",
    partial_fill: "partially_filled",
    full_fill: "filled",
    cancel_requested: "unknown", // the wish is sent, but what it acts on is still not known
    cancel_rejected: "unknown", // "no such order" may mean filled
    canceled: "canceled",
    replace_rejected: "unknown",
    replaced: "replaced",
    suspended: "suspended",
    expired: "expired",
    not_sent: "pending_new", // a look-up proved that nothing is there: a retry is safe
    outcome_unknown: "unknown",
    dead_lettered: "dead_lettered",
  },

  // On the desk: executed by hand, found after all, or discarded by a named person.
  dead_lettered: {
    accepted: "new",
    accepted_untriggered: "pending_trigger",
    triggered: "new",
    rejected: "rejected",
    partial_fill: "partially_filled",
    full_fill: "filled",
    canceled: "canceled",
    replaced: "replaced",
    expired: "expired",
    dead_lettered: "dead_lettered", // relabelled after a fresh look-up
    discarded: "canceled",
  },
};

/** Legal pairs that should make somebody look; each is booked with this remark. */
export const ODD_PAIRS: Partial<Record<OrderState, Partial<Record<OrderTransition, string>>>> = {
  filled: {
    accepted: "accepted after it was filled",
    accepted_untriggered: "accepted after it was filled",
    partial_fill: "filled beyond its quantity",
    full_fill: "filled beyond its quantity",
  },
  partially_filled: { rejected: "rejected after a partial fill" },
  canceled: {
    accepted: "accepted after it was canceled",
    accepted_untriggered: "accepted after it was canceled",
    partial_fill: "filled after it was canceled",
    full_fill: "filled after it was canceled",
  },
  rejected: {
    accepted: "accepted after it was rejected",
    accepted_untriggered: "accepted after it was rejected",
    partial_fill: "filled after it was rejected",
    full_fill: "filled after it was rejected",
  },
  expired: {
    accepted: "accepted after it expired",
    accepted_untriggered: "accepted after it expired",
    partial_fill: "filled after it expired",
    full_fill: "filled after it expired",
  },
};
