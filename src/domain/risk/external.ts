/** The name under which the ledger keeps what was traded past it. */

/** Orders placed past us, by hand or by the broker, are kept under this algo. */
export const EXTERNAL_ALGO = "external";
