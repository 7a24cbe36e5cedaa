/** What this deployment is made of: its portfolio, its brokers and their accounts. */

/** The version of package.json; a test holds them together. */
export const VERSION = "0.1.0";

export const PORTFOLIO = "main";

/** Every account with its broker. The embedded default is one paper account. */
export const ACCOUNTS = [{ account: "paper", broker: "paper", portfolio: PORTFOLIO }] as const;

export const DEFAULT_ACCOUNT = "paper";

/** Brokers whose market data can be subscribed. */
export const FEED_BROKERS = ["paper"] as const;

/** Shards of a broker nobody has set yet. */
export const SHARDS_DEFAULT = 2;
