/** What people executed of an account's orders, as the tradebook has it. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { database } from "../../src/storage/database.ts";
import { reconcileBook } from "../../src/storage/reconciliations.ts";
import { executions } from "../../src/storage/schema.ts";

const book = database(env.DB);

const row = (account: string, executionId: string, brokerOrderId: string) => ({
  account,
  executionId,
  brokerOrderId,
  clientOrderId: "o-1",
  algoId: "momentum",
  instrument: "NSE:INFY",
  side: "buy" as const,
  quantity: "4",
  price: "1500",
  fee: "0",
  feeCurrency: "INR",
  executedAt: 1,
  ledgerVersion: 1,
});

test("is read of that account alone, of all days, and nothing else with it", async () => {
  await book
    .insert(executions)
    .values([
      row("paper", "hand-X1", "X1"),
      row("paper", "hand-zz", "zz"),
      row("paper", "hanc-X3", "X3"),
      row("paper", "hand.X4", "X4"),
      row("paper", "E1", "B1"),
      row("other", "hand-X5", "X5"),
    ]);
  expect(await reconcileBook(book, env.ARCHIVE).byHand("paper")).toEqual([
    { clientOrderId: "o-1", brokerOrderId: "X1", quantity: "4" },
    { clientOrderId: "o-1", brokerOrderId: "zz", quantity: "4" },
  ]);
});
