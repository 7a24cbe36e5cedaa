/** Where a limit, a trading state or a kill switch applies. */
import { INSTRUMENT_ID_PATTERN } from "./instrument.ts";

export type Scope =
  | { kind: "portfolio" }
  | { kind: "account"; account: string }
  | { kind: "algo"; algoId: string }
  | { kind: "instrument"; instrument: string };

/** `portfolio`, `account:<id>`, `algo:<id>`, `instrument:<id>`. */
export type ScopeText = string;

/** Ids that we give: of algos, accounts and brokers. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9_-]{0,31}$/;

const inner = ({ source }: RegExp): string => source.slice(1, -1);
const ACCOUNT = `account:${inner(NAME_PATTERN)}`;
const ALGO = `algo:${inner(NAME_PATTERN)}`;
const INSTRUMENT = `instrument:${inner(INSTRUMENT_ID_PATTERN)}`;

const oneOf = (...kinds: string[]): RegExp => new RegExp(`^(?:${kinds.join("|")})$`);

/** Under what no algo, account or instrument can be called by, nothing can ever stand. */
export const SCOPE_PATTERN = oneOf("portfolio", ACCOUNT, ALGO, INSTRUMENT);

export const RESTRICTION_SCOPE_PATTERN = oneOf("portfolio", ALGO, INSTRUMENT);

/** Limits know an algo in one instrument, too. */
export const LIMIT_SCOPE_PATTERN = oneOf(
  "portfolio",
  ACCOUNT,
  `${ALGO}(?:\\|${INSTRUMENT})?`,
  INSTRUMENT,
);

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
