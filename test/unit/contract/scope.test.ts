/** Scopes as people send them: one that nothing can ever stand under must not be answered as halted or limited. */
import { describe, expect, test } from "vitest";
import { restrictionRequest, tradingStateRequest } from "../../../src/contract/risk-controls.ts";
import { haltRequest, killSwitchRequest, limitScope } from "../../../src/contract/risk.ts";

const reason = "out of control";

describe("a kill switch, a reset and a trading state", () => {
  const requests = [
    (scope: string) => haltRequest.safeParse({ scope, reason }),
    (scope: string) => killSwitchRequest.safeParse({ scope, reason }),
    (scope: string) => tradingStateRequest.safeParse({ scope, state: "reducing", reason }),
  ];

  test.each([
    "algo:momentum|instrument:XNAS:ACME",
    "algo:Momentum",
    "algo: momentum",
    "algo:",
    "account:Paper",
    "instrument:acme",
    "instrument:btc/usd",
    "instrument:KRAKEN",
    "Portfolio",
    "",
  ])("are refused for %j, with what a scope is", (scope) => {
    for (const request of requests) {
      const parsed = request(scope);
      expect(parsed.success).toBe(false);
      expect(parsed.error?.issues[0]?.message).toContain("must be portfolio, account:<id>");
    }
  });

  test.each(["portfolio", "account:paper-rest", "algo:momentum_2", "instrument:KRAKEN:BTC/USD"])(
    "are taken for %s, also before it is first heard of",
    (scope) => {
      for (const request of requests) expect(request(scope).success).toBe(true);
    },
  );
});

test("a restriction is of the portfolio, an algo or an instrument that can be", () => {
  for (const scope of ["portfolio", "algo:momentum", "instrument:NSE:INFY"])
    expect(restrictionRequest.safeParse({ scope, reason }).success).toBe(true);
  for (const scope of ["account:paper", "instrument:infy", "algo:M", "algo:a|instrument:NSE:INFY"])
    expect(restrictionRequest.safeParse({ scope, reason }).success).toBe(false);
});

test("a limit may be of an algo in one instrument, too, and of nothing that cannot be", () => {
  for (const scope of ["account:paper", "algo:a|instrument:NSE:INFY", "instrument:NSE:M&M"])
    expect(limitScope.safeParse(scope).success).toBe(true);
  for (const scope of ["algo:a|instrument:infy", "instrument:infy", "account:A", "algo:a|NSE:INFY"])
    expect(limitScope.safeParse(scope).success).toBe(false);
});
