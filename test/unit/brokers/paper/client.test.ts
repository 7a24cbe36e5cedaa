import { describe, expect, test } from "vitest";
import { ConnectFailure, paperClients } from "../../../../src/brokers/paper/client.ts";
import type { PaperExchange } from "../../../../src/brokers/paper/client.ts";
import type { ApprovedOrder } from "../../../../src/domain/order.ts";

const ORDER = {
  brokerOrderId: "P1",
  clientOrderId: "c-1",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: "10",
  filledQuantity: "0",
  limitPrice: "1500",
  stopPrice: null,
  timeInForce: "day",
  state: "new",
  reason: null,
  createdAt: 4,
  updatedAt: 5,
};

const intent = {
  ...ORDER,
  algoId: "a",
  account: "paper",
  protectiveStop: "1400",
  reduceOnly: true,
};
const APPROVED = { intent, ledgerVersion: 1, epoch: 1, approvedAt: 0 } as unknown as ApprovedOrder;
const IDS = { clientOrderId: "c-1", brokerOrderId: "P/1" };
const NONE = { quantity: null, limitPrice: null, stopPrice: null };

const answering = (status: number, body: unknown): PaperExchange => ({
  fetch: async () => ({
    status,
    text: async () => (typeof body === "string" ? body : JSON.stringify(body)),
  }),
});
const refusing = (status: number, code: string) =>
  answering(status, { error: { code, message: "m" } });
const throwing = (error: Error): PaperExchange => ({
  fetch: async () => {
    throw error;
  },
});
const silent: PaperExchange = { fetch: () => new Promise(() => {}) };
const brokenOff: PaperExchange = {
  fetch: async () => ({ status: 200, text: () => new Promise<string>(() => {}) }),
};

const clients = (exchange: PaperExchange) =>
  paperClients(exchange, { account: "paper", answerTimeoutMs: 20 });

const OUTCOMES: [string, PaperExchange, string][] = [
  ["an order in the answer", answering(200, { order: ORDER }), "accepted"],
  ["a structured reject", refusing(422, "REJECTED"), "rejected"],
  ["a bad request", refusing(400, "BAD_REQUEST"), "rejected"],
  ["not found", refusing(404, "NOT_FOUND"), "rejected"],
  ["not open", refusing(409, "ORDER_NOT_OPEN"), "rejected"],
  ["the documented not-accepted", refusing(503, "NOT_ACCEPTED"), "not_sent"],
  ["the documented rate limit", refusing(429, "RATE_LIMITED"), "not_sent"],
  ["no connection, proven", throwing(new ConnectFailure("refused")), "not_sent"],
  ["a duplicate id", refusing(409, "DUPLICATE_CLIENT_ORDER_ID"), "unknown"],
  ["an internal error", refusing(500, "INTERNAL"), "unknown"],
  ["a bare 503", answering(503, "Service Unavailable"), "unknown"],
  ["a bare 502", answering(502, "Bad Gateway"), "unknown"],
  ["a bare 404", answering(404, "Not Found"), "unknown"],
  ["an unknown code", refusing(422, "SURPRISE"), "unknown"],
  ["an empty answer", answering(200, ""), "unknown"],
  ["half an answer", answering(200, '{"order":{"brokerOrderId":"P1"'), "unknown"],
  ["no broker order id", answering(200, { order: { ...ORDER, brokerOrderId: "" } }), "unknown"],
  ["a connection that broke", throwing(new Error("Network connection lost.")), "unknown"],
  ["no answer in time", silent, "unknown"],
  ["a body that stops half-way", brokenOff, "unknown"],
];

describe("what an answer proves", () => {
  test.each(OUTCOMES)("%s: the outcome of a submit", async (_, exchange, outcome) => {
    expect((await clients(exchange).trading.submit(APPROVED)).outcome).toBe(outcome);
  });

  test.each(OUTCOMES)(
    "%s: the outcome of a cancel and of a modify",
    async (_, exchange, outcome) => {
      const { trading } = clients(exchange);
      expect((await trading.cancel(IDS)).outcome).toBe(outcome);
      expect((await trading.modify(IDS, NONE)).outcome).toBe(outcome);
    },
  );

  test("a stop that waits for its price is accepted as pending", async () => {
    const { trading } = clients(answering(200, { order: { ...ORDER, state: "pending_trigger" } }));
    expect(await trading.submit(APPROVED)).toMatchObject({ pendingTrigger: true });
  });
});

test("an order is sent once, with its own id, and without what is not the exchange's business", async () => {
  const sent: { url: string; method?: string; body?: string }[] = [];
  const exchange: PaperExchange = {
    fetch: (url, init) => {
      sent.push({ url, ...init });
      return Promise.reject(new Error("lost"));
    },
  };
  await clients(exchange).trading.submit(APPROVED);
  expect(sent).toHaveLength(1);
  expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
    clientOrderId: "c-1",
    instrument: "NSE:INFY",
    side: "buy",
    type: "limit",
    quantity: "10",
    limitPrice: "1500",
    stopPrice: null,
    timeInForce: "day",
  });
  await clients(exchange).trading.cancel(IDS);
  expect(sent[1]).toMatchObject({ method: "DELETE", url: expect.stringMatching(/orders\/P%2F1$/) });
});

describe("a failed query is never empty", () => {
  test.each([
    ["a 502", answering(502, "Bad Gateway"), "network"],
    ["no connection", throwing(new ConnectFailure("refused")), "network"],
    ["a lost connection", throwing(new Error("lost")), "network"],
    ["no answer in time", silent, "timeout"],
    ["a refusal", refusing(400, "BAD_REQUEST"), "refused"],
    ["what cannot be read", answering(200, { items: [{}], next: null }), "unreadable"],
    ["a page without its end", answering(200, { items: [] }), "unreadable"],
  ])("%s", async (_, exchange, kind) => {
    const { trading } = clients(exchange);
    for (const query of [trading.openOrders(), trading.closedOrders(0), trading.executions(0)]) {
      expect(await query).toMatchObject({ ok: false, error: { kind } });
    }
  });

  test("a second page that fails fails the whole look-up", async () => {
    let page = 0;
    const exchange: PaperExchange = {
      fetch: () => {
        page += 1;
        const first = answering(200, { items: [ORDER], next: "1" });
        return (page === 1 ? first : answering(502, "")).fetch("");
      },
    };
    expect(await clients(exchange).trading.openOrders()).toMatchObject({ ok: false });
  });

  test("pages are joined until there is none left", async () => {
    const asked: string[] = [];
    const exchange: PaperExchange = {
      fetch: (url) => {
        asked.push(new URL(url).search);
        const next = asked.length < 3 ? String(asked.length) : null;
        return answering(200, { items: [ORDER], next }).fetch(url);
      },
    };
    const rows = await clients(exchange).trading.closedOrders(7);
    expect(rows).toMatchObject({ ok: true, value: [{}, {}, {}] });
    expect(asked).toEqual(["?since=7", "?since=7&after=1", "?since=7&after=2"]);
  });
});

test("a socket that was not opened throws, with the exchange's words", async () => {
  const { feed, trading } = clients(refusing(503, "NOT_ACCEPTED"));
  await expect(feed.open()).rejects.toThrow(/503.*NOT_ACCEPTED/);
  await expect(trading.openOrderStream()).rejects.toThrow(/order-stream/);
});
