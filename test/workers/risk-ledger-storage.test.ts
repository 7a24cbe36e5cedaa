import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { Outbox } from "../../durable-objects/risk-ledger.outbox.ts";
import { LedgerStorage } from "../../durable-objects/risk-ledger.storage.ts";
import { LedgerBook } from "../../src/application/ledger/book.ts";
import { reserve } from "../../src/application/ledger/deciding.ts";
import { postAll, takeBalances } from "../../src/application/ledger/orders.ts";
import type { OrderEvent } from "../../src/domain/order.ts";
import { NOON } from "../support/ledger/run.ts";
import { factsWith, intentWith, markOf } from "../support/ledger/samples.ts";

/** Answers the order's state after the last of them. */
type Post = (events: OrderEvent[]) => string | undefined;

const intent = intentWith();
const { clientOrderId, instrument } = intent;

const accepted: OrderEvent = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false };
const filled = (executionId: string): OrderEvent => ({
  kind: "filled",
  execution: {
    executionId,
    clientOrderId,
    brokerOrderId: "B1",
    account: "paper",
    instrument,
    side: "buy",
    quantity: "4",
    price: "100",
    fee: "0",
    feeCurrency: "USD",
    executedAt: NOON,
  },
});
const deadLettered: OrderEvent = { kind: "dead_lettered", label: "unknown", reason: "gone" };

/** Each order has a part of its fills, ends, and turns out to live. */
const LIVES_AGAIN: Record<string, OrderEvent[]> = {
  "was discarded": [
    accepted,
    filled("E1"),
    deadLettered,
    { kind: "discarded", by: "ann", reason: "gone" },
    accepted,
  ],
  "was executed by hand": [
    { kind: "outcome_unknown", reason: "no answer" },
    deadLettered,
    filled("hand-H1"),
    { kind: "canceled", reason: "the rest was not executed" },
    accepted,
  ],
  "was rejected after a fill": [
    accepted,
    filled("E1"),
    { kind: "rejected", reason: "no" },
    accepted,
  ],
};

const stub = () => env.RISK_LEDGER.getByName("a ledger of its own");

afterEach(reset);

/** Places the order in a ledger on the storage of an object, and hands both over. */
function placed<T>(then: (run: { storage: DurableObjectStorage; post: Post }) => T): Promise<T> {
  return runInDurableObject(stub(), (_, { storage }) => {
    const book = new LedgerBook({
      storage: new LedgerStorage(storage),
      outbox: new Outbox(storage, { write: () => Promise.resolve() }),
      transaction: (work) => storage.transactionSync(work),
      onCommit: () => {},
    });
    const funds = [{ currency: "USD", total: "100000", available: "100000" }];
    takeBalances(book, "paper", funds, NOON, NOON);
    const { kind } = reserve(book, intent, factsWith({ mark: markOf(NOON) }), NOON);
    expect(kind).toBe("approved");
    let number = 0;
    const post: Post = (events) =>
      events
        .flatMap((event) => {
          number += 1;
          const eventId = `${clientOrderId}:${number}`;
          return postAll(book, [{ eventId, clientOrderId, at: NOON, event }], NOON);
        })
        .at(-1)?.state;
    return then({ storage, post });
  });
}

test.each(Object.keys(LIVES_AGAIN))(
  "the ledger can be loaded after an order with a fill %s and lives again",
  (name) =>
    placed(({ storage, post }) => {
      expect(post(LIVES_AGAIN[name] ?? [])).toBe("partially_filled");
      const loaded = new LedgerStorage(storage).load(NOON);
      const [holding] = loaded.holdings.values();
      expect(holding?.orders.size).toBe(1);
      expect(Number(holding?.position.quantity)).toBe(4);
    }),
);

test("a holding is stored when a fill comes, and not when an order is only accepted", () =>
  placed(({ storage, post }) => {
    storage.sql.exec("CREATE TABLE writes (instrument TEXT)");
    storage.sql.exec(
      "CREATE TRIGGER written AFTER INSERT ON holdings BEGIN INSERT INTO writes VALUES (new.instrument); END",
    );
    const writes = (): number => storage.sql.exec("SELECT * FROM writes").toArray().length;
    post([accepted]);
    expect(writes()).toBe(0);
    post([filled("E1")]);
    expect(writes()).toBe(1);
  }));
