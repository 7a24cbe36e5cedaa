/** Bounds of a broker's session, each with its unit and its reason; the rest stands in `limits.ts`. */

/** An automatic session is renewed this long before its end, or a quarter of its life before when that is less. */
export const SESSION_RENEW_MARGIN_MS = 15 * 60_000;

/** Up to this part of the margin is added by chance, so that accounts do not all sign in together. */
export const SESSION_RENEW_JITTER = 0.5;

/** A session that only a person can renew warns this long before its end: time to find one. */
export const SESSION_WARN_MS = 60 * 60_000;

/** How long after a sign-in data has to come: a snapshot follows a subscribe within a second. */
export const SESSION_PROOF_MS = 10_000;

/** How often the proof is looked for meanwhile. */
export const SESSION_PROOF_POLL_MS = 200;

/** Instruments that are looked at for the proof: one may be quiet, five hardly. */
export const SESSION_PROBES_MAX = 5;

/** A sign-in without an answer for this long has died with the run that made it. */
export const SESSION_SIGN_IN_BOUND_MS = 30_000;

/** Sign-ins that the platform makes by itself count for this long. */
export const SESSION_SIGN_IN_WINDOW_MS = 60 * 60_000;

/** The wait before the next of them, by how many were made in that window; the last one holds from there on. */
export const SESSION_SIGN_IN_WAITS_MS = [0, 2_000, 15_000, 60_000, 300_000, 600_000] as const;

/** So many of them fit into the window at most: the waits above, and then one each ten minutes. */
export const SESSION_SIGN_INS_MAX = 11;

/** Failed sign-ins after which people are told, though the broker only could not be reached. */
export const SESSION_TELL_AFTER = 3;

/** How often an object that was told "no session" asks its owner again: telling it may have failed. */
export const SESSION_ASK_MS = 5_000;
