/** Which limit holds for an algo in an instrument, and which level sets it: the tightest of all on its path. */
import Big from "big.js";
import { LIMIT_NAMES, type LimitName, type LimitView } from "../../../../src/contract/risk.ts";

export interface BindingLimit {
  name: LimitName;
  value: string;
  /** The level that binds. */
  scope: string;
  /** The other levels that set it, with what they would allow. */
  others: { scope: string; value: string }[];
}

/** Levels without the algo or the instrument are left out when it is not named. */
export function bindingLimits(
  limits: readonly LimitView[],
  algoId: string,
  instrument: string,
): BindingLimit[] {
  const path = new Set([
    "portfolio",
    `algo:${algoId}`,
    `instrument:${instrument}`,
    `algo:${algoId}|instrument:${instrument}`,
  ]);
  const onPath = limits.filter(({ scope }) => path.has(scope));
  return LIMIT_NAMES.flatMap((name) => {
    const [tightest, ...others] = onPath
      .filter((limit) => limit.name === name)
      .sort((a, b) => new Big(a.value).cmp(b.value));
    if (!tightest) return [];
    return [
      {
        name,
        value: tightest.value,
        scope: tightest.scope,
        others: others.map(({ scope, value }) => ({ scope, value })),
      },
    ];
  });
}
