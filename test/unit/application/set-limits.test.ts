/** Limits as a use case: on which scopes one may be set. */
import { describe, expect, test } from "vitest";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import { apiError } from "../../../src/application/order-errors.ts";
import { setLimits } from "../../../src/application/set-limits.ts";
import type { LimitsRequest } from "../../../src/contract/risk.ts";

type Change = LimitsRequest["changes"][number];

const UNREAD = apiError("BROKER_SESSION_EXPIRED", "sign in first");

/** Two accounts, of which the second one may not have told its list; one algo each by key, registration and position. */
function world({ unread = null as typeof UNREAD | null } = {}) {
  const asked: Change[] = [];
  const known = (id: string) => (isUnread: boolean) => ({
    instrument: async (name: string) => (!isUnread && name === id ? { id } : null),
    unread: async () => (isUnread ? unread : null),
  });
  const markets = {
    paper: known("NSE:INFY")(false),
    far: known("XNAS:ACME")(unread !== null),
  } as Record<string, unknown>;
  const ports = {
    accounts: ["paper", "far"],
    market: (account: string) => markets[account] ?? null,
    hasKey: async (algoId: string) => algoId === "keyed",
    ledger: {
      limits: async () => [
        { scope: "account:gone", name: "ordersPerDay", value: "5" },
        { scope: "algo:gone|instrument:XNAS:GONE", name: "positionNotional", value: "5" },
      ],
      controls: async () => ({ algos: ["registered"] }),
      positions: async () => [{ algoId: "holder", account: "old", instrument: "XNAS:DELISTED" }],
      orders: async () => ({ items: [], nextCursor: null }),
      setLimits: async ({ changes }: LimitsRequest) => {
        asked.push(...changes);
        return { limits: [], above: [] };
      },
    },
  } as unknown as OrderPorts;
  const set = async (...scopes: string[]) => {
    const changes = scopes.map((scope): Change => ({ scope, name: "ordersPerDay", value: "5" }));
    return setLimits(ports, { changes, reason: "test" }, "ann");
  };
  const takeOff = async (scope: string) =>
    setLimits(
      ports,
      { changes: [{ scope, name: "ordersPerDay", value: null }], reason: "test" },
      "ann",
    );
  return { asked, set, takeOff };
}

const refused = (message: string) => ({ ok: false, error: { code: "BAD_REQUEST", message } });

describe("a limit on a scope that nobody knows is refused by name:", () => {
  test.each([
    ["account:papr", "changes.0.scope: there is no account papr"],
    [
      "algo:typo",
      "changes.0.scope: algo typo has no key and is not registered; make a key for it, or register it with POST /v1/algos, before its limits",
    ],
    ["instrument:NSE:INFI", "changes.0.scope: no broker knows NSE:INFI; see /v1/instruments"],
    [
      "algo:typo|instrument:NSE:INFY",
      "changes.0.scope: algo typo has no key and is not registered; make a key for it, or register it with POST /v1/algos, before its limits",
    ],
    [
      "algo:keyed|instrument:NSE:INFI",
      "changes.0.scope: no broker knows NSE:INFI; see /v1/instruments",
    ],
  ])("%s", async (scope, message) => {
    const { asked, set, takeOff } = world();
    expect(await set(scope)).toMatchObject(refused(message));
    expect(await takeOff(scope)).toMatchObject(refused(message));
    expect(asked).toEqual([]);
  });
});

test.each([
  "portfolio",
  "account:paper",
  "account:old",
  "algo:keyed",
  "algo:registered",
  "algo:holder",
  "algo:external",
  "instrument:NSE:INFY",
  "instrument:XNAS:ACME",
  "instrument:XNAS:DELISTED",
  "algo:registered|instrument:XNAS:ACME",
])("a limit may be set on %s", async (scope) => {
  const { asked, set } = world();
  expect(await set(scope)).toMatchObject({ ok: true });
  expect(asked).toMatchObject([{ scope }]);
});

test("of several changes none is made where one has no scope, and that one is named", async () => {
  const { asked, set } = world();
  expect(await set("portfolio", "account:papr", "algo:keyed")).toMatchObject(
    refused("changes.1.scope: there is no account papr"),
  );
  expect(asked).toEqual([]);
});

test("what is set can be taken off, whatever became of its scope, and not be set anew", async () => {
  const { asked, set, takeOff } = world();
  for (const scope of ["account:gone", "algo:gone|instrument:XNAS:GONE"]) {
    expect(await takeOff(scope)).toMatchObject({ ok: true });
    expect(await set(scope)).toMatchObject({ ok: false });
  }
  expect(asked.map(({ value }) => value)).toEqual([null, null]);
});

test("no instrument is called unknown while a broker has not told its list", async () => {
  const { set } = world({ unread: UNREAD });
  expect(await set("instrument:NSE:INFY")).toMatchObject({ ok: true });
  expect(await set("instrument:XNAS:ACME")).toEqual({ ok: false, error: UNREAD });
});
