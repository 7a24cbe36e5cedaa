/** Ways out where a part of an algo's position was closed past the platform: books and account differ, and the account counts. */
import { expect, test } from "vitest";
import { closePositions } from "../../../src/application/close-positions.ts";
import { haltTrading } from "../../../src/application/halt-trading.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { holdingTen } from "../../support/orders/holding.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

/** The books have 10 and what was liquidated, the account the rest. */
async function liquidated(quantity: number) {
  const { world, pass, position } = await holdingTen();
  world.broker.exchange.trade({ instrument: INSTRUMENT.id, side: "sell", quantity });
  await pass(30_000);
  const before = world.broker.fills.length;
  /** Units that were traded on a side since. */
  const traded = (side: "buy" | "sell"): number =>
    world.broker.fills
      .slice(before)
      .filter((fill) => fill.side === side)
      .reduce((all, fill) => all + Number(fill.quantity), 0);
  const flatten = async (): Promise<void> => {
    void haltTrading(world.orderPorts(), ADMIN, "portfolio", "crash", world.now(), true);
    await pass(120_000);
  };
  return { world, pass, position, flatten, traded };
}

test("close all leaves the account flat, and buys nothing back of what was liquidated", async () => {
  const { world, pass, position, traded } = await liquidated(4);
  expect(position()).toBe("6");
  const request = { closeId: "all", cancelOpen: false };
  void closePositions(world.orderPorts(), ADMIN, request, world.now());
  await pass(120_000);
  expect([position(), traded("sell"), traded("buy")]).toEqual(["0", 6, 0]);
});

test("a flatten sells what the account is long, and no more", async () => {
  const { position, flatten, traded } = await liquidated(4);
  await flatten();
  expect([position(), traded("sell"), traded("buy")]).toEqual(["0", 6, 0]);
});

test("a flatten buys what the account is short, and no more", async () => {
  const { position, flatten, traded } = await liquidated(12);
  expect(position()).toBe("-2");
  await flatten();
  expect([position(), traded("sell"), traded("buy")]).toEqual(["0", 0, 2]);
});
