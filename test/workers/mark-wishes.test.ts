/** What the ledger asks of the feeds: one that fails, or refuses something, takes nothing else with it. */
import { expect, test } from "vitest";
import { MarkWishes } from "../../durable-objects/risk-ledger.wishes.ts";
import { emptyLedger } from "../../src/domain/risk/state.ts";
import { holdingFor } from "../../src/domain/risk/state.ts";
import { decimal } from "../../src/domain/decimal.ts";

type Feed = (instruments: string[]) => string[];

function wishesWith(feeds: Record<string, Feed>) {
  const settings = new Map<string, string>();
  const told: string[] = [];
  const manager = (name: string) => ({
    declare: async (_consumer: string, list: { instrument: string }[]) => {
      const kept = feeds[name]?.(list.map(({ instrument }) => instrument)) ?? [];
      told.push(`${name}: ${kept.join(" ")}`);
      return { ok: true, value: { instruments: kept.map((instrument) => ({ instrument })) } };
    },
  });
  const namespace = { idFromName: (name: string) => name, get: manager };
  const env = { BROKER_MANAGER: namespace } as unknown as Env;
  const storage = {
    setting: (name: string) => settings.get(name) ?? null,
    set: (name: string, value: string) => void settings.set(name, value),
  };
  const wishes = new MarkWishes(storage as never, env, "main", () => {});
  return { wishes, told, again: () => new MarkWishes(storage as never, env, "main", () => {}) };
}

const held = (...instruments: string[]) =>
  instruments.map((instrument) => ({ account: "paper", instrument })) as never;

function stateWith(...instruments: string[]) {
  const state = emptyLedger(0);
  for (const instrument of instruments)
    holdingFor(state, { algoId: "a", account: "paper", instrument }, "INR").position = {
      quantity: decimal(1),
      cost: decimal(1),
      moneyAtRisk: decimal(1),
      realisedProfit: decimal(0),
    };
  return state;
}

test("a feed that fails keeps no other from hearing, and is asked again", async () => {
  let isDown = true;
  const { wishes, told } = wishesWith({
    aaa: (list) => {
      if (isDown) throw new Error("down");
      return list;
    },
    paper: (list) => list,
  });
  wishes.follow([{ instrument: "X:A", provider: "aaa", term: 1, above: 0, reason: "" }]);
  wishes.want(held("X:A", "X:B"));
  expect(await wishes.declare()).toBe(false);
  expect(told).toEqual(["paper: X:B"]);
  expect(wishes.pending).toBe(true);
  isDown = false;
  expect(await wishes.declare()).toBe(true);
  expect(told).toContain("aaa: X:A");
  expect(wishes.pending).toBe(false);
});

test("one refused instrument takes no other with it, and is asked for again at each look", async () => {
  const known = new Set(["NSE:INFY", "NSE:TCS"]);
  const { wishes, told, again } = wishesWith({
    paper: (list) => list.filter((instrument) => known.has(instrument)),
  });
  wishes.want(held("NSE:NOSUCH", "NSE:INFY", "NSE:TCS"));
  expect(await wishes.declare()).toBe(true);
  expect(told).toEqual(["paper: NSE:INFY NSE:TCS"]);
  expect(wishes.pending).toBe(false);

  wishes.refresh(stateWith("NSE:NOSUCH", "NSE:INFY", "NSE:TCS"));
  expect(wishes.pending).toBe(true);
  known.add("NSE:NOSUCH");
  const next = again();
  next.refresh(stateWith("NSE:NOSUCH", "NSE:INFY", "NSE:TCS"));
  await next.declare();
  expect(told.at(-1)).toBe("paper: NSE:INFY NSE:NOSUCH NSE:TCS");
  next.refresh(stateWith("NSE:NOSUCH", "NSE:INFY", "NSE:TCS"));
  expect(next.pending).toBe(false);
});
