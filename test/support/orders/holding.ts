/** A quiet world in which an algo holds ten: what a way out begins with. */
import { expect } from "vitest";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { INSTRUMENT, World } from "./world.ts";

export async function holdingTen(seed = 7) {
  const world = new World(seed, 10_000_000);
  const pass = (ms: number): Promise<void> => world.timeline.runUntil(world.timeline.now() + ms);
  await pass(2_000);
  const submit = (terms: object) =>
    submitOrder(
      world.orderPorts(),
      { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] },
      orderRequest.parse({ instrument: INSTRUMENT.id, timeInForce: "gtc", ...terms }),
      world.now(),
    );
  void submit({ clientOrderId: "o-1", side: "buy", type: "market", quantity: "10" });
  await pass(20_000);
  const position = (): string => world.broker.exchange.position(INSTRUMENT.id);
  expect(position()).toBe("10");
  return { world, pass, submit, position };
}
