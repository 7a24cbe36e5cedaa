import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSubscribe, formatUnsubscribe } from "../../../../src/brokers/paper/format.ts";
import {
  executionsOf,
  parseFeedFrame,
  parseOrderStreamFrame,
} from "../../../../src/brokers/paper/parse.ts";
import {
  executionsAnswer,
  feedRequest,
  newOrderRequest,
} from "../../../../src/brokers/paper/wire.ts";
import type { OrderStreamFrame } from "../../../../src/brokers/paper/wire.ts";

const ROW = ["NSE:INFY", 1500.05, 10, 1500, 7, 1500.1, 9, 12_000, 1_762_795_433_971];
const ticks = (...rows: unknown[]) => JSON.stringify({ type: "ticks", ticks: rows });

test("a frame of ticks becomes updates, and what is null stays null", () => {
  const bare = ["NSE:TCS", 3050, null, null, null, null, null, null, null];
  expect(parseFeedFrame(ticks(ROW, bare))).toEqual({
    ok: true,
    value: {
      kind: "updates",
      updates: [
        {
          instrument: "NSE:INFY",
          last: 1500.05,
          lastQuantity: 10,
          bid: 1500,
          bidQuantity: 7,
          ask: 1500.1,
          askQuantity: 9,
          volume: 12_000,
          exchangeTime: 1_762_795_433_971,
        },
        {
          instrument: "NSE:TCS",
          last: 3050,
          lastQuantity: null,
          bid: null,
          bidQuantity: null,
          ask: null,
          askQuantity: null,
          volume: null,
          exchangeTime: null,
        },
      ],
    },
  });
});

test("one more column is the open interest, and a row without it makes none up", () => {
  const read = parseFeedFrame(ticks([...ROW, 12_500], ROW));
  const updates = read.ok && read.value.kind === "updates" ? read.value.updates : [];
  expect(updates[0]).toEqual({ ...updates[1], openInterest: 12_500 });
  expect(updates[1]).not.toHaveProperty("openInterest");
});

test.each([
  ["a text for a price", ticks(ROW.with(1, "1500.05")), "ticks.0: not a tick"],
  [
    "an infinite price",
    `{"type":"ticks","ticks":[["NSE:INFY",1e999,1,1,1,1,1,1,1]]}`,
    "ticks.0: not a tick",
  ],
  ["a short row", ticks(ROW, ROW.slice(0, 8)), "ticks.1: not a tick"],
  ["a long row", ticks([...ROW, 1, 1]), "ticks.0: not a tick"],
  ["a text for open interest", ticks([...ROW, "1"]), "ticks.0: not a tick"],
  ["null for open interest", ticks([...ROW, null]), "ticks.0: not a tick"],
  ["no instrument", ticks(ROW.with(0, 7)), "ticks.0: not a tick"],
  ["no list", '{"type":"ticks","ticks":{}}', "ticks: must be an array"],
  ["half a frame", ticks(ROW).slice(0, 30), "not JSON"],
  ["another type", '{"type":"weather"}', "a frame of no known type"],
  ["null", "null", "a frame of no known type"],
])("a frame with %s is a failure with its reason", (_, frame, reason) => {
  expect(parseFeedFrame(frame)).toMatchObject({ ok: false, error: { reason } });
});

test("a failure shows only the start of what came", () => {
  const parsed = parseFeedFrame("x".repeat(10_000));
  expect(parsed.ok ? "" : parsed.error.sample).toHaveLength(120);
});

const EXECUTION = {
  executionId: "E1",
  clientOrderId: "c-1",
  brokerOrderId: "P1",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "10",
  price: "1500.05",
  fee: "0",
  feeCurrency: "INR",
  executedAt: 5,
} as const;

const event = (what: Extract<OrderStreamFrame, { type: "order" }>["event"]) =>
  JSON.stringify({
    type: "order",
    eventId: "P1:x",
    clientOrderId: "c-1",
    brokerOrderId: "P1",
    at: 5,
    event: what,
  });

test.each([
  [
    { kind: "accepted", pendingTrigger: true },
    { kind: "accepted", brokerOrderId: "P1", pendingTrigger: true },
  ],
  [{ kind: "triggered" }, { kind: "triggered" }],
  [
    { kind: "filled", execution: { ...EXECUTION, type: "trade" } },
    { kind: "filled", execution: { ...EXECUTION, account: "paper" } },
  ],
  [
    { kind: "canceled", reason: "asked" },
    { kind: "canceled", reason: "asked" },
  ],
  [
    { kind: "expired", reason: "over" },
    { kind: "expired", reason: "over" },
  ],
  [
    { kind: "replaced", quantity: "5", limitPrice: null, stopPrice: null },
    { kind: "replaced", changes: { quantity: "5", limitPrice: null, stopPrice: null } },
  ],
] as const)("the order event %j is read in our words", (sent, read) => {
  expect(parseOrderStreamFrame(event(sent), "paper")).toEqual({
    ok: true,
    value: {
      kind: "order_event",
      clientOrderId: "c-1",
      brokerOrderId: "P1",
      eventId: "P1:x",
      event: read,
      at: 5,
    },
  });
});

describe("lesson 37: only rows that are listed move a quantity", () => {
  test.each(["trade", "liquidation"])("a %s does", (type) => {
    expect(executionsOf([{ ...EXECUTION, type }], "paper")).toEqual([
      { ...EXECUTION, account: "paper" },
    ]);
  });

  test.each(["funding", "dividend", "fee", "interest", "Trade", ""])(
    "a row of %j does not",
    (type) => {
      const row = { ...EXECUTION, type };
      expect(executionsOf([row], "paper")).toEqual([]);
      const told = parseOrderStreamFrame(event({ kind: "filled", execution: row }), "paper");
      expect(told.ok && told.value.kind === "order_event").toBe(false);
    },
  );
});

describe("an execution that moves a position moves something, at a price", () => {
  test.each([
    ["quantity", "0"],
    ["quantity", "-5"],
    ["quantity", "0.00"],
    ["price", "0"],
    ["price", "-1"],
    ["price", "abc"],
  ])("not with a %s of %s", (field, value) => {
    const execution = { ...EXECUTION, type: "trade", [field]: value };
    const frame = event({ kind: "filled", execution } as never);
    expect(parseOrderStreamFrame(frame, "paper")).toMatchObject({
      ok: false,
      error: { kind: "unknown_shape" },
    });
    expect(executionsAnswer.safeParse({ items: [execution], next: null }).success).toBe(false);
  });

  test("a row of money alone may name none", () => {
    const execution = { ...EXECUTION, type: "fee", quantity: "0", price: "0" };
    expect(parseOrderStreamFrame(event({ kind: "filled", execution }), "paper").ok).toBe(true);
  });
});

test("an execution type that nobody listed moves nothing", () => {
  const frame = event({ kind: "funding" } as never);
  expect(parseOrderStreamFrame(frame, "paper").ok).toBe(false);
});

test("whatever comes on a socket is a message or a failure, and never throws", () => {
  const bytes = fc.uint8Array().map((array) => array.slice().buffer);
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...ROW));
  const frame = fc
    .record(
      { type: fc.constantFrom("ticks", "subscribed", "order", "heartbeat", "x") },
      { requiredKeys: [] },
    )
    .chain((base) =>
      fc
        .record(
          {
            ticks: fc.array(fc.array(value)),
            instruments: value,
            event: value,
            at: value,
            eventId: value,
          },
          { requiredKeys: [] },
        )
        .map((rest) => JSON.stringify({ ...base, ...rest })),
    );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), frame, bytes), (data) => {
      expect(typeof parseFeedFrame(data).ok).toBe("boolean");
      expect(typeof parseOrderStreamFrame(data, "paper").ok).toBe("boolean");
    }),
    { numRuns: 500 },
  );
});

test("1,000 instruments are subscribed in ten messages of 100, each once", () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `NSE:S${index}`);
  const messages = formatSubscribe(ids, "quote").map((text) => feedRequest.parse(JSON.parse(text)));
  expect(messages).toHaveLength(10);
  expect(messages.flatMap(({ instruments }) => instruments)).toEqual(ids);
  expect(formatUnsubscribe(ids.slice(0, 101))).toHaveLength(2);
  expect(formatSubscribe([], "ltp")).toEqual([]);
});

test("an order body is taken whole or refused, and never throws", () => {
  fc.assert(
    fc.property(fc.object(), (body) => {
      expect(typeof newOrderRequest.safeParse(body).success).toBe("boolean");
    }),
  );
});
