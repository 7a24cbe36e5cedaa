/** The paper exchange as its tests reach it: the same clients the platform uses, and its own switches. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { paperClients } from "../../../src/brokers/paper/client.ts";
import type { OrderStreamMessage, FeedMessage } from "../../../src/brokers/broker.ts";
import type { PaperClients } from "../../../src/brokers/paper/client.ts";
import type { PaperView } from "../../../src/contract/paper.ts";
import type { ApprovedOrder, OrderIntent } from "../../../src/domain/order.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";

export interface TestExchange extends PaperClients {
  /** A fresh stub each time: one that has thrown stays broken. */
  stub: () => DurableObjectStub;
  control: (path?: string, body?: unknown) => Promise<PaperView>;
}

export function exchange(name: string, answerTimeoutMs = 5_000): TestExchange {
  const stub = () => env.PAPER_BROKER.getByName(name);
  return {
    stub,
    ...paperClients(
      {
        // Past the platform, with the token that it has: a sign-in of the test's own would end it.
        fetch: async (input, init) => {
          const token = await issuedToken(stub());
          const headers = { ...init?.headers, ...(token && { authorization: `Bearer ${token}` }) };
          return stub().fetch(input, { ...init, headers });
        },
      },
      { account: name, answerTimeoutMs },
    ),
    control: async (path = "", body) => {
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const response = await stub().fetch(`https://object/control${path}`, init);
      if (response.status !== 200) throw new Error(await response.text());
      return response.json();
    },
  };
}

/** What the exchange gave to whoever signed in last; null before that. */
export const issuedToken = (stub: DurableObjectStub): Promise<string | null> =>
  runInDurableObject(stub, (_, state) => {
    const query = "SELECT value FROM settings WHERE name = 'session'";
    const [row] = state.storage.sql.exec<{ value: string }>(query).toArray();
    return row ? (JSON.parse(row.value) as { token: string }).token : null;
  });

/**
 * Ends the object as a crash or a deploy does: memory and sockets are gone, storage stays. An object
 * with a timer or an open socket cannot be evicted (it counts as referenced), but it can be aborted.
 */
export async function crash({ stub }: TestExchange): Promise<void> {
  await runInDurableObject(stub(), (_, state) => state.abort("crash")).catch(() => {});
}

let made = 0;

/** An order as the ledger would approve it. */
export function approved(terms: Partial<OrderIntent> = {}): ApprovedOrder {
  made += 1;
  const intent: OrderIntent = {
    clientOrderId: `c-${made}`,
    algoId: "test",
    account: "paper",
    instrument: "NSE:INFY",
    side: "buy",
    type: "market",
    quantity: "10",
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day",
    protectiveStop: null,
    reduceOnly: false,
    ...terms,
  };
  // A test stands in for the ledger here: nothing else may make an approved order.
  return { intent, ledgerVersion: 1, epoch: 1, approvedAt: 0 } as unknown as ApprovedOrder;
}

export interface FeedTap {
  socket: WebSocket;
  messages: FeedMessage[];
  failures: string[];
  updates: MarketUpdate[];
  isClosed: boolean;
}

/** A data connection that keeps all it hears. */
export async function tapFeed({ feed }: PaperClients): Promise<FeedTap> {
  const socket = (await feed.open()) as unknown as WebSocket;
  const tap: FeedTap = { socket, messages: [], failures: [], updates: [], isClosed: false };
  socket.addEventListener("message", ({ data }) => {
    const parsed = feed.parse(data);
    if (!parsed.ok) return void tap.failures.push(parsed.error.reason);
    tap.messages.push(parsed.value);
    if (parsed.value.kind === "updates") tap.updates.push(...parsed.value.updates);
  });
  socket.addEventListener("close", () => (tap.isClosed = true));
  socket.accept();
  return tap;
}

export function subscribe(tap: FeedTap, { feed }: PaperClients, instruments: string[]): void {
  for (const message of feed.formatSubscribe(instruments, "quote")) tap.socket.send(message);
}

export interface OrderTap {
  socket: WebSocket;
  messages: OrderStreamMessage[];
  isClosed: boolean;
}

/** An order-update connection that keeps all it hears. */
export async function tapOrders({ trading }: PaperClients): Promise<OrderTap> {
  const socket = (await trading.openOrderStream()) as unknown as WebSocket;
  const tap: OrderTap = { socket, messages: [], isClosed: false };
  socket.addEventListener("message", ({ data }) => {
    const parsed = trading.parseOrderStream(data);
    if (!parsed.ok) throw new Error(parsed.error.reason);
    tap.messages.push(parsed.value);
  });
  socket.addEventListener("close", () => (tap.isClosed = true));
  socket.accept();
  return tap;
}

/** The kinds of events told of one order, in order. */
export const eventsOf = (tap: OrderTap, clientOrderId: string): string[] =>
  tap.messages.flatMap((message) =>
    message.kind === "order_event" && message.clientOrderId === clientOrderId
      ? [message.event.kind]
      : [],
  );

export const until = (check: () => unknown) => vi.waitUntil(check, { timeout: 5_000, interval: 5 });
