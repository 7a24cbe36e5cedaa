import fc from "fast-check";
import { expect, test } from "vitest";
import { findingOf, type BrokerPicture } from "../../../../src/application/gateway/finding.ts";
import type { BrokerOrder } from "../../../../src/brokers/broker.ts";
import type { Execution } from "../../../../src/domain/order.ts";

const client = fc.constantFrom("a", "b", "c");
const broker = fc.constantFrom("1", "2", "3", "4");
const row = fc.record({ clientOrderId: fc.option(client), brokerOrderId: broker });

test("a finding is every row with either id, in the broker's order, however many rows there are", () => {
  const ids = fc.record({ clientOrderId: client, brokerOrderId: fc.option(broker) });
  fc.assert(
    fc.property(fc.array(row), fc.array(row), ids, (orders, executions, order) => {
      const picture: BrokerPicture = {
        orders: orders as BrokerOrder[],
        executions: executions as Execution[],
        askedAt: 1,
      };
      const isOurs = (each: (typeof orders)[number]): boolean =>
        each.clientOrderId === order.clientOrderId || each.brokerOrderId === order.brokerOrderId;
      expect(findingOf(picture, order)).toEqual({
        orders: orders.filter(isOurs),
        executions: executions.filter(isOurs),
      });
    }),
  );
});
