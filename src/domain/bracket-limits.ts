/** Bounds of brackets: how often their exits are looked at, and how long they are waited for. */

/** A bracket with something open is looked at this often, although news of its orders wakes it at once: news may be lost. */
export const BRACKET_LOOK_MS = 5_000;

/** An exit that can only be placed later, when its market opens, is asked for this often: soon enough after the opening, and no load over a night. */
export const BRACKET_WAIT_MS = 15_000;

/** An exit that was canceled is not told of before this: whoever closes a position cancels its exits first. */
export const BRACKET_CLOSE_WAIT_MS = 10_000;
