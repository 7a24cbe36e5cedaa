/** Where a limit, a trading state or a kill switch applies. */
export type Scope =
  | { kind: "portfolio" }
  | { kind: "account"; account: string }
  | { kind: "algo"; algoId: string }
  | { kind: "instrument"; instrument: string };

/** `portfolio`, `account:<id>`, `algo:<id>`, `instrument:<id>`. */
export type ScopeText = string;

export const SCOPE_PATTERN = /^(?:portfolio|(?:account|algo|instrument):.{1,60})$/;

/** Null when the text is not a scope. */
export function parseScope(text: ScopeText): Scope | null {
  if (text === "portfolio") return { kind: "portfolio" };
  const colon = text.indexOf(":");
  const id = text.slice(colon + 1);
  if (colon < 0 || id === "") return null;
  switch (text.slice(0, colon)) {
    case "account":
      return { kind: "account", account: id };
    case "algo":
      return { kind: "algo", algoId: id };
    case "instrument":
      return { kind: "instrument", instrument: id };
    default:
      return null;
  }
}

/** `active` takes everything, `reducing` only what lowers exposure, `halted` only cancels. */
export const TRADING_STATES = ["active", "reducing", "halted"] as const;

export type TradingState = (typeof TRADING_STATES)[number];
