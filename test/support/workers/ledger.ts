/** The ledger of the tests in workerd: its object, orders in it, and what it wrote to the tradebook. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { OrderIntent } from "../../../src/domain/order.ts";
import { riskLedger } from "../../../src/platform/objects.ts";
import { factsWith, intentWith, markOf } from "../ledger/samples.ts";
import { until } from "../until.ts";

export const ledger = () => riskLedger(env, "main");
export const stub = () => env.RISK_LEDGER.getByName("main");

export const reserve = (intent: OrderIntent) =>
  ledger().reserve(intent, { ...factsWith(), mark: markOf(Date.now()) });

export const placed = async (changes: Partial<OrderIntent> = {}): Promise<OrderIntent> => {
  const intent = intentWith(changes);
  const answer = await reserve(intent);
  expect(answer.kind).toBe("approved");
  return intent;
};

export const page = { limit: 100 };

export const rows = async () => {
  const orders = await env.DB.prepare("SELECT state, filled_quantity FROM orders").all();
  const executions = await env.DB.prepare("SELECT execution_id FROM executions").all();
  return { orders: orders.results, executions: executions.results };
};

export const connect = async () => {
  const response = await stub().fetch("https://object/marks", {
    headers: { Upgrade: "websocket" },
  });
  const socket = response.webSocket;
  if (!socket) throw new Error("no socket");
  socket.accept();
  return socket;
};

export const letters = () => env.DB.prepare("SELECT label, status FROM dead_letters").all();

export const delivered = () =>
  until("an empty outbox", async () => (await ledger().status()).outbox === 0);
