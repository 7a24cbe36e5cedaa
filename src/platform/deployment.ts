/** What this deployment is made of: its portfolio, its brokers and their accounts. */

/** The version of package.json; a test holds them together. */
export const VERSION = "0.1.0";

export const PORTFOLIO = "main";

/** The region that this deployment is: it may trade while it holds the lease. */
export const REGION = "primary";

/** Every account with its broker. The embedded default is one paper account. */
export const ACCOUNTS = [{ account: "paper", broker: "paper", portfolio: PORTFOLIO }] as const;

export const DEFAULT_ACCOUNT = "paper";

/** Brokers whose market data can be subscribed, best first. One that is at no account gives data only. */
export const FEED_BROKERS = ["paper", "paper-backup", "paper-rest"] as const;

/** Providers of an instrument, best first, unless it has an order of its own. */
export const PROVIDER_RANKS: readonly string[] = ["paper", "paper-backup", "paper-rest"];

/** The account under which a broker's data is asked for: one at which we trade or, without one, its own name. */
export const dataAccountOf = (broker: string): string =>
  ACCOUNTS.find((each) => each.broker === broker)?.account ?? broker;

/** Whether orders can be sent to this broker. */
export const isTradedAt = (broker: string): boolean =>
  ACCOUNTS.some((each) => each.broker === broker);

/** How one signs in at a paper exchange: only the one at which orders are placed may ask for a person. */
export const paperSignIn = (
  env: { PAPER_SIGN_IN?: string },
  account: string,
): "automatic" | "person" =>
  account === DEFAULT_ACCOUNT && env.PAPER_SIGN_IN === "person" ? "person" : "automatic";

/** Shards of a broker nobody has set yet. */
export const SHARDS_DEFAULT = 2;
