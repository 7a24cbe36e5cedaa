/** Mistakes in what comes from outside: prices, money, the platform's alarms, and a broker that takes back what it said. */
import type { Mutant } from "./mutant.ts";

const CHECKS = "src/domain/risk/checks/index.ts";

export const OUTSIDE_MUTANTS: readonly Mutant[] = [
  {
    name: "a cancel that was refused is not made again under a halt",
    file: "src/application/ledger/trips.ts",
    changes: [
      ["const standing = this.#parts.killSwitch.cancelAgain(now);", "const standing = [];"],
    ],
  },
  {
    name: "what rests of an order that was made larger unheard is not seen",
    file: "src/application/gateway/look-up.ts",
    from: 2_000_900,
    changes: [
      [
        '(order.ended !== "filled" || decimal(seen.quantity).gt(filledAtBroker(order)))',
        'order.ended !== "filled"',
      ],
    ],
  },
  {
    name: "new terms leave once more with a late carrier",
    file: "src/application/gateway/wishes.ts",
    from: 3_101_501,
    changes: [["approval.ledgerVersion <= (order.termsTaken ?? -1)", "approval.ledgerVersion < 0"]],
  },
  {
    name: "a stranger's order is as young as its last change",
    file: "src/application/gateway/external-orders.ts",
    changes: [["createdAt: placedAt }", "updatedAt: placedAt }"]],
  },
  {
    name: "new terms are fenced by the epoch of the order",
    file: "src/application/gateway/wishes.ts",
    changes: [
      [
        "return stopReason({ ...order.approved, ...approval }, context.store.halts(), fencedBy);",
        "return stopReason(\n    { ...order.approved, ledgerVersion: approval.ledgerVersion },\n    context.store.halts(),\n    fencedBy,\n  );",
      ],
    ],
  },
  {
    name: "fees ignored",
    file: "src/domain/risk/posting.ts",
    changes: [["    fee: fee ?? ZERO,\n", "    fee: ZERO,\n"]],
  },
  {
    name: "stale mark taken as fresh",
    file: "src/domain/risk/case.ts",
    changes: [["return ageMsMax === null || ageMsMax.gte(now - mark.time);", "return true;"]],
  },
  {
    name: "limit prices held to nothing",
    file: CHECKS,
    changes: [['  ["PRICE_COLLAR", priceCollar],\n', ""]],
  },
  {
    name: "one order not limited",
    file: CHECKS,
    changes: [['  ["ORDER_NOTIONAL", orderNotional],\n', ""]],
  },
  {
    name: "orders of the day not limited",
    file: CHECKS,
    changes: [['  ["ORDERS_PER_DAY", ordersPerDay],\n', ""]],
  },
  {
    name: "money is promised twice",
    file: "src/domain/risk/funds.ts",
    changes: [
      [
        "return available.minus(state.committed.get(fundsKey(account, currency)) ?? ZERO);",
        "return available;",
      ],
    ],
  },
  {
    name: "a refusal after the acceptance is not believed",
    file: "src/application/gateway/evidence.ts",
    changes: [
      [
        'if (order.ended !== null && order.ended !== "dead_lettered") return unchanged(order);',
        'if (order.record === "accepted" || (order.ended !== null && order.ended !== "dead_lettered")) return unchanged(order);',
      ],
    ],
  },
  {
    name: "an order that the broker has lost is waited for without end",
    file: "src/application/gateway/doubt.ts",
    changes: [["if (now - absentSince < UNKNOWN_DEADLINE_MS) {", "if (absentSince > 0) {"]],
  },
  {
    name: "an alarm is not set again before its work",
    file: "src/application/gateway/alarm.ts",
    changes: [
      [
        "    this.#at = null;\n    await this.arm();\n    await work();",
        "    this.#at = null;\n    await work();",
      ],
      ["if (this.#at === null || isLost(this.#at, this.#ports.now())) await this.arm();", ""],
    ],
  },
];
