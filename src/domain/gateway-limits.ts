/** Bounds of what a gateway does at once and again. */

/** Before a gateway offers again what people have to hear and could not be told. */
export const INCIDENT_RETRY_MS = 2_000;

/** How long a gateway waits for one of them to be laid down: its alarm rings again only when its work is done, and a database may take half a minute to fail. */
export const INCIDENT_TELL_MS_MAX = 5_000;

/** The broker's list is read before its turn, for orders that the stream told of and nobody here knows, at most this often: strangers may send many. */
export const EARLY_POLL_MS = 1_000;

/** Delay before a letter that could not be laid on the desk comes again, seconds; the last stays. */
export const DESK_RETRY_SECONDS = [2, 5, 15, 60] as const;
