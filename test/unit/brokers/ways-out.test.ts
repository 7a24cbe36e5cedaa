/** What the rules of every broker must leave open: a way out of each position. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { closingTime } from "../../../src/application/order-facts.ts";
import type { AccountMarket } from "../../../src/application/order-ports.ts";
import type { BrokerRules } from "../../../src/brokers/broker.ts";

const BROKERS = new URL("../../../src/brokers/", import.meta.url);

const isRules = (each: unknown): each is BrokerRules =>
  typeof each === "object" && each !== null && "timesInForce" in each && "orderTypes" in each;

/** Those of every folder that has any. */
async function allRules(): Promise<BrokerRules[]> {
  const files = readdirSync(BROKERS, { recursive: true, encoding: "utf8" });
  const paths = files.filter((path) => /^[^/]+\/rules\.ts$/.test(path));
  const modules = await Promise.all(
    paths.map(async (path): Promise<unknown> => import(new URL(path, BROKERS).href)),
  );
  return modules.flatMap((each) => Object.values(each as object).filter(isRules));
}

test("every broker takes a market order in the time in force that a position is closed with", async () => {
  const rules = await allRules();
  expect(rules.map(({ broker }) => broker)).toContain("paper");
  for (const each of rules) {
    expect(each.orderTypes).toContain("market");
    expect(each.timesInForce).toContain(closingTime({ rules: each } as AccountMarket));
  }
});

test.each([
  [["day", "ioc", "gtc"], "day"],
  [["gtc", "ioc"], "ioc"],
  [["gtc"], "gtc"],
] as const)("of %j a position is closed with %s", (timesInForce, expected) => {
  expect(closingTime({ rules: { timesInForce } } as unknown as AccountMarket)).toBe(expected);
});
