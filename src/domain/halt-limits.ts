/** Bounds of a halt and its flatten: how long they may take, and how often they are tried. */

/** Within this time a halt has canceled what stands under it, and a flatten has closed it; people are told once when it has not. */
export const HALT_DONE_MS = 60_000;

/** A halt waits this long for the gateways' word that they hold it; one that is silent is told again by the ledger's alarm. */
export const HALT_TOLD_MS_MAX = 2_000;

/** A gateway that has not confirmed a new lease's epoch for so long is told to people: by then it was told several times, so that it is no deploy and no lost call. */
export const LEASE_TOLD_AFTER_MS = 10_000;

/** A gateway from which nothing has come back for this long is waited for no more, neither by cancels nor by a flatten. The three together fit into one duty of the ledger. */
export const GATEWAY_SILENT_MS = 5_000;

/** Between two tries to cancel what the broker would not cancel under a halt. */
export const CANCEL_AGAIN_MS = [1_000, 2_000, 5_000, 10_000, 20_000] as const;

/** Between two tries to close what a flatten owes: the first soon, then backing off; the last stays. */
export const FLATTEN_RETRY_MS = [1_000, 2_000, 5_000, 10_000, 20_000] as const;

/** Orders that one try of a flatten splits one position into at most; the next try goes on. */
export const FLATTEN_PARTS_MAX = 20;
