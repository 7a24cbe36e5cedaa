import { expect, test } from "vitest";
import { decimal } from "../../../src/domain/decimal.ts";
import { wholeLots } from "../../../src/domain/lots.ts";

test.each([
  ["10", "3", "1", "9"],
  ["2", "3", "1", "0"],
  ["0.00012345", "0.0001", "0.0001", "0.0001"],
  ["0.00009999", "0.00000001", "0.0001", "0"],
  ["0.0001", "0.00000001", "0.0001", "0.0001"],
  ["1.5", "0", "1", "1.5"],
  ["0", "1", "1", "0"],
])(
  "of %s in lots of %s, the smallest order %s, an order can be of %s",
  (quantity, lotSize, minQuantity, whole) => {
    expect(wholeLots(decimal(quantity), { lotSize, minQuantity }).toFixed()).toBe(whole);
  },
);
