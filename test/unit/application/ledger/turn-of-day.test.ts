/** The turn of the trading day: what the tradebook is told of the day that ends, whatever comes first after midnight. */
import { expect, test } from "vitest";
import type { TradebookRow } from "../../../../src/application/ports.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const DAY_MS = 86_400_000;

type RiskDay = Extract<TradebookRow, { kind: "risk_day" }>;

/** The rows of a day's risk that were stored: what a transaction added that failed is not among them. */
function storedDays({ ledger: { tradebook } }: Awaited<ReturnType<typeof reserved>>) {
  let rows: RiskDay[] = [];
  const add = tradebook.add.bind(tradebook);
  const transaction = tradebook.transaction.bind(tradebook);
  tradebook.add = (version, row) => {
    if (row.kind === "risk_day") rows.push(row);
    add(version, row);
  };
  tradebook.transaction = (work) => {
    const before = [...rows];
    try {
      return transaction(work);
    } catch (error) {
      rows = before;
      throw error;
    }
  };
  return (at: number): string | null => {
    const today = new Date(at).toISOString().slice(0, 10);
    return rows.findLast(({ day }) => day === today)?.moneyAtRiskMax ?? null;
  };
}

/** More is reserved in the day's last minute, after the watchdog's look; then a fill of `quantity` is posted. */
async function afterMidnight(quantity: string): Promise<string | null> {
  const run = await reserved();
  const riskOf = storedDays(run);
  await run.ledger.alarm();
  const more = await run.calls.reserve({ ...intent, clientOrderId: "o-2" }, facts());
  expect(more.kind).toBe("approved");
  run.advance(DAY_MS);
  const { clientOrderId } = intent;
  const event = { kind: "filled", execution: executionOf("E1", quantity) } as const;
  await run.calls.post([{ eventId: "E1", clientOrderId, event, at: START + DAY_MS }]);
  await run.ledger.alarm();
  return riskOf(START);
}

test("the day's largest money at risk is kept, also where the first transaction after midnight is rolled back", async () => {
  const kept = await afterMidnight("1");
  expect(kept).not.toBeNull();
  // Nothing of less than nothing can be booked.
  expect(await afterMidnight("-1")).toBe(kept);
});
