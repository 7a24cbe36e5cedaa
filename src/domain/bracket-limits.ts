/** Bounds of brackets: how often their exits are looked at, and how long they are waited for. */

/** A bracket with something open is looked at this often, although news of its orders wakes it at once: news may be lost. */
export const BRACKET_LOOK_MS = 5_000;

/** An exit that can only be placed later, when its market opens, is asked for this often: soon enough after the opening, and no load over a night. */
export const BRACKET_WAIT_MS = 15_000;

/** Between two tries of an exit that got no turn at the broker's rate: soon, then backing off; the last stays. */
export const EXIT_TURN_WAIT_MS = [500, 1_000, 2_000, 5_000] as const;

/** People are told of an exit that has waited this long for its turn: what it should guard is bare until then. */
export const EXIT_TURN_TOLD_MS = 10_000;

/** An exit that was canceled is not told of before this: whoever closes a position cancels its exits first. */
export const BRACKET_CLOSE_WAIT_MS = 10_000;

/** A bracket of which something was closed otherwise is kept for this long: a fill from before may be told of late, and show that it was not. */
export const BRACKET_LATE_FILL_MS = 120_000;
