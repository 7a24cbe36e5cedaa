/** Orders and executions of old days in D1, the runs that move them to files, and what readers are told of them. */
import { env } from "cloudflare:workers";
import {
  moveRows,
  type MoveRowsPorts,
  type RowFiles,
  type RowMovingState,
  type RowsBook,
} from "../../../src/application/move-rows.ts";
import type { OrderListQuery } from "../../../src/contract/order-list.ts";
import type { OrderView, TradesQuery, TradeView } from "../../../src/contract/orders.ts";
import type { Page } from "../../../src/contract/primitives.ts";
import type { MovedRow, RowShape } from "../../../src/domain/moved-rows.ts";
import type { Execution, Order } from "../../../src/domain/order.ts";
import type { Result } from "../../../src/domain/result.ts";
import { tradingDay } from "../../../src/domain/risk/state.ts";
import { database } from "../../../src/storage/database.ts";
import { EXECUTION_ROWS, ORDER_ROWS } from "../../../src/storage/moved-shapes.ts";
import { executionsToMove, ordersToMove } from "../../../src/storage/moving-rows.ts";
import { ordersPage } from "../../../src/storage/orders.ts";
import { rowFilesIn } from "../../../src/storage/row-files.ts";
import { tradebook } from "../../../src/storage/tradebook.ts";
import { tradesPage } from "../../../src/storage/trades.ts";
import { ORDER } from "./api.ts";
import { report } from "./moved-events.ts";

export const DAY_MS = 86_400_000;
export const KEPT_MS = 60 * DAY_MS;
/** The day of which these tests' orders are. */
export const DAY = Date.parse("2026-03-02T00:00:00Z");
/** When they are old enough. */
export const NOW = DAY + KEPT_MS + 30 * DAY_MS;

export const book = () => database(env.DB);

export const order = (clientOrderId: string, changes: Partial<Order> = {}): Order => {
  const createdAt = changes.createdAt ?? DAY;
  return {
    ...ORDER,
    clientOrderId,
    state: "filled",
    createdAt,
    updatedAt: createdAt + 1,
    ...changes,
  };
};

export const execution = (executionId: string, changes: Partial<Execution> = {}): Execution => ({
  executionId,
  clientOrderId: `of-${executionId}`,
  brokerOrderId: `b-${executionId}`,
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "1",
  price: "100.5",
  fee: "0",
  feeCurrency: "INR",
  executedAt: DAY,
  ...changes,
});

/** As the ledger's outbox writes them. */
export const written = (
  version: number,
  rows: { orders?: readonly Order[]; executions?: readonly (Execution & { algoId?: string })[] },
) =>
  tradebook(env.DB).write([
    ...(rows.orders ?? []).map((each) => ({
      version,
      row: { kind: "order" as const, order: each },
    })),
    ...(rows.executions ?? []).map(({ algoId = "momentum", ...each }) => ({
      version,
      row: { kind: "execution" as const, algoId, execution: each },
    })),
  ]);

/** Each day from the tests' own on has its report. */
export const reported = async (days = 10, status = "clean") => {
  for (let day = -2; day < days; day += 1) await report(tradingDay(DAY + day * DAY_MS), status);
};

export interface Moving<Row extends MovedRow> {
  shape: RowShape<Row>;
  book: RowsBook<Row>;
  files: RowFiles<Row>;
}

export const movingOrders = (bucket = env.ARCHIVE) => ({
  shape: ORDER_ROWS,
  book: ordersToMove(book()),
  files: rowFilesIn(bucket, ORDER_ROWS),
});

export const movingExecutions = (bucket = env.ARCHIVE) => ({
  shape: EXECUTION_ROWS,
  book: executionsToMove(book()),
  files: rowFilesIn(bucket, EXECUTION_ROWS),
});

let passes = 0;

/** One whole pass, as that of a day that has closed since the last. */
export const movedOf = <Row extends MovedRow>(
  moving: Moving<Row>,
  more: Partial<MoveRowsPorts<Row>> = {},
): Promise<RowMovingState> => {
  passes += 1;
  const ports = { ...moving, sliceRows: 100, keptMs: () => KEPT_MS, now: () => NOW, ...more };
  return moveRows(ports, `day ${String(passes).padStart(6, "0")}`);
};

export const allMoved = async () => {
  const states = [await movedOf(movingOrders()), await movedOf(movingExecutions())];
  for (const { error } of states) if (error !== null) throw new Error(error);
};

type Read<Query, Item> = (query: Query) => Promise<Result<Page<Item>, { code: string }>>;

async function everyPage<Query extends { cursor?: string | undefined }, Item>(
  read: Read<Query, Item>,
  query: Query,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await read({ ...query, cursor });
    if (!page.ok) throw new Error(page.error.code);
    all.push(...page.value.items);
    if (page.value.nextCursor === null) return all;
    if (page.value.nextCursor === cursor) throw new Error("the same page again");
    cursor = page.value.nextCursor;
  }
}

export const listedOrders = (query: Partial<OrderListQuery> = {}): Promise<OrderView[]> =>
  everyPage((asked) => ordersPage(book(), env.ARCHIVE, asked), { limit: 100, ...query });

export const listedTrades = (query: Partial<TradesQuery> = {}): Promise<TradeView[]> =>
  everyPage((asked) => tradesPage(book(), env.ARCHIVE, asked), { limit: 100, ...query });

export const idsInD1 = async (table: "orders" | "executions"): Promise<string[]> => {
  const id = table === "orders" ? "client_order_id" : "execution_id";
  const { results } = await env.DB.prepare(`SELECT ${id} AS id FROM ${table} ORDER BY 1`).all<{
    id: string;
  }>();
  return results.map((row) => row.id);
};
