/** Limits at four levels; the tightest of all that are set wins. A limit that nobody set is the portfolio's default. */
import { decimal, type Decimal, type DecimalText } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import { DEFAULT_LIMITS } from "./default-limits.ts";
import type { LimitName } from "./limit-names.ts";

export interface Limit {
  scope: string;
  name: LimitName;
  value: DecimalText;
  changedBy: string;
  changedAt: number;
}

export interface ScopedLimit {
  scope: string;
  value: Decimal;
}

/** The four levels that an intent passes, from the widest to the narrowest. */
export const limitScopes = (algoId: string, instrument: InstrumentId): readonly string[] => [
  "portfolio",
  `algo:${algoId}`,
  instrumentScope(instrument),
  pairScope(algoId, instrument),
];

/** Where orders are counted beside the four levels: the rate and the number of the day. */
export const accountScope = (account: string): string => `account:${account}`;

export const instrumentScope = (instrument: InstrumentId): string => `instrument:${instrument}`;

/** An algo in one instrument. */
export const pairScope = (algoId: string, instrument: InstrumentId): string =>
  `algo:${algoId}|instrument:${instrument}`;

/** What is set, by scope and name, with the defaults underneath. */
export class LimitBook {
  #limits = new Map<string, Map<LimitName, { limit: Limit; value: Decimal }>>();

  constructor(limits: Iterable<Limit> = []) {
    for (const [name, value] of Object.entries(DEFAULT_LIMITS) as [LimitName, DecimalText][])
      this.put({ scope: "portfolio", name, value, changedBy: "default", changedAt: 0 });
    for (const limit of limits) this.put(limit);
  }

  put(limit: Limit): void {
    let scope = this.#limits.get(limit.scope);
    if (!scope) this.#limits.set(limit.scope, (scope = new Map()));
    scope.set(limit.name, { limit, value: decimal(limit.value) });
  }

  /** Takes a limit off its scope. The portfolio's default comes back rather than nothing. */
  remove(scope: string, name: LimitName): void {
    this.#limits.get(scope)?.delete(name);
    const value = scope === "portfolio" ? DEFAULT_LIMITS[name] : undefined;
    if (value !== undefined) this.put({ scope, name, value, changedBy: "default", changedAt: 0 });
  }

  at(scope: string, name: LimitName): Decimal | null {
    return this.#limits.get(scope)?.get(name)?.value ?? null;
  }

  /** Every scope on the intent's path that sets this limit. */
  on(name: LimitName, algoId: string, instrument: InstrumentId): ScopedLimit[] {
    const found: ScopedLimit[] = [];
    for (const scope of limitScopes(algoId, instrument)) {
      const value = this.at(scope, name);
      if (value) found.push({ scope, value });
    }
    return found;
  }

  /** Every scope that sets this limit. */
  scopesOf(name: LimitName): ScopedLimit[] {
    const found: ScopedLimit[] = [];
    for (const [scope, names] of this.#limits) {
      const set = names.get(name);
      if (set) found.push({ scope, value: set.value });
    }
    return found;
  }

  tightest(name: LimitName, algoId: string, instrument: InstrumentId): ScopedLimit | null {
    let tightest: ScopedLimit | null = null;
    for (const each of this.on(name, algoId, instrument))
      if (!tightest || each.value.lt(tightest.value)) tightest = each;
    return tightest;
  }

  /** All of them, by scope and name. */
  list(): Limit[] {
    return [...this.#limits.values()]
      .flatMap((scope) => [...scope.values()].map(({ limit }) => limit))
      .sort((a, b) => compare(a.scope, b.scope) || compare(a.name, b.name));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
