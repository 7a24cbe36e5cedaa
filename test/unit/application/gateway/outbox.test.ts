/** What an answer waits for on its way to the ledger: the call that carries its own posts, and no other. */
import { expect, test, vi } from "vitest";
import type { GatewayContext } from "../../../../src/application/gateway/context.ts";
import { flush, ledgerOrder } from "../../../../src/application/gateway/outbox.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import { OUTBOX_BATCH_MAX } from "../../../../src/domain/limits.ts";
import type { Order, OrderPost } from "../../../../src/domain/order.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import { approvedWith, START } from "../../../support/orders/scripted.ts";

/** A ledger whose calls are answered, or refused, when the test says so. */
function slowLedger() {
  const calls: { ids: string[]; answer: () => void; fail: () => void }[] = [];
  const store = new MemoryStore();
  const errors: string[] = [];
  const post = (posts: OrderPost[]): Promise<Order[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<Order[]>();
    const ids = posts.map(({ clientOrderId }) => clientOrderId);
    const orders = ids.map((clientOrderId) => ({ clientOrderId }) as Order);
    const fail = (): void => reject(new Error("away"));
    calls.push({ ids, answer: () => resolve(orders), fail });
    return promise;
  };
  const context = {
    store,
    ledger: { post, order: async () => null },
    now: () => START,
    log: (_: string, event: string) => errors.push(event),
    isPosting: false,
    postWaiters: [],
    flushAfter: 0,
  } as unknown as GatewayContext;
  const add = (clientOrderId: string): void => {
    const event = { kind: "accepted", brokerOrderId: "b", pendingTrigger: false };
    const told = {
      clientOrderId,
      eventId: clientOrderId,
      at: START,
      event,
    } as unknown as OrderPost;
    store.save({ order: recordOf(clientOrderId), posts: [told], executions: [] });
  };
  const answered: string[] = [];
  /** A post of an order, and its answer. */
  const ask = (clientOrderId: string): Promise<Order | null> => {
    add(clientOrderId);
    const order = ledgerOrder(context, recordOf(clientOrderId));
    void order.then(
      () => answered.push(clientOrderId),
      () => {},
    );
    return order;
  };
  return { calls, context, store, add, ask, answered, errors };
}

const recordOf = (clientOrderId: string) =>
  newRecord(clientOrderId, approvedWith({ clientOrderId }), START);

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("an answer waits for the call that carries its post, however many come after it", async () => {
  const { calls, ask, answered } = slowLedger();
  void ask("a");
  for (const [at, next] of ["b", "c", "d", "e"].entries()) {
    await settled();
    void ask(next);
    calls[at]?.answer();
    await settled();
    // Who came first is let go, though there has always been something to post since.
    expect(answered).toEqual(["a", "b", "c", "d"].slice(0, at + 1));
  }
  expect(calls.map(({ ids }) => ids)).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
});

test("all who come during a call are carried by the next one, together", async () => {
  const { calls, ask, answered } = slowLedger();
  const first = ask("first");
  const ids = Array.from({ length: 20 }, (_, n) => `o-${n}`);
  for (const id of ids) void ask(id);
  await settled();
  expect(calls.map((each) => each.ids)).toEqual([["first"]]);
  calls[0]?.answer();
  expect((await first)?.clientOrderId).toBe("first");
  expect(answered).toEqual(["first"]);
  calls[1]?.answer();
  await settled();
  expect(calls.map((each) => each.ids)).toEqual([["first"], ids]);
  expect(answered).toEqual(["first", ...ids]);
});

test("the ledger's last word of an order is its answer, also when its posts take two calls", async () => {
  const { calls, add, ask, context } = slowLedger();
  for (let n = 0; n < OUTBOX_BATCH_MAX - 1; n += 1) add("other");
  add("mine");
  const mine = ask("mine");
  const all = flush(context);
  await settled();
  calls[0]?.answer();
  await settled();
  expect(calls.map(({ ids }) => ids.length)).toEqual([OUTBOX_BATCH_MAX, 1]);
  calls[1]?.answer();
  expect((await mine)?.clientOrderId).toBe("mine");
  await all;
});

test("a ledger that is away lets everybody go after one try, and keeps their posts", async () => {
  const { calls, ask, context, store, errors } = slowLedger();
  const first = ask("a");
  await settled();
  const second = ask("b");
  const third = flush(context);
  calls[0]?.fail();
  await first;
  await settled();
  // What came during that call has not been tried: it is, once.
  expect(calls.map(({ ids }) => ids)).toEqual([["a"], ["a", "b"]]);
  calls[1]?.fail();
  await Promise.all([second, third]);
  await settled();
  expect(calls).toHaveLength(2);
  expect(store.outbox(10).map(({ post }) => post.clientOrderId)).toEqual(["a", "b"]);
  expect(context.flushAfter).toBeGreaterThan(START);
  expect(errors).toEqual(["gateway_post_failed", "gateway_post_failed"]);

  const again = flush(context);
  calls[2]?.answer();
  await again;
  expect(store.hasPosts()).toBe(false);
});

test("who comes when nothing waits is not kept, and no call is made", async () => {
  const { calls, context } = slowLedger();
  await flush(context);
  expect(calls).toHaveLength(0);
});

test("who comes at the very end of a run begins the next one", async () => {
  const { calls, ask, answered } = slowLedger();
  const first = ask("a");
  void first.then(() => ask("b"));
  calls[0]?.answer();
  await settled();
  expect(calls.map(({ ids }) => ids)).toEqual([["a"], ["b"]]);
  calls[1]?.answer();
  await settled();
  expect(answered).toEqual(["a", "b"]);
});

test("storage that throws is told to all who wait, and the next one is tried", async () => {
  const { calls, ask, store } = slowLedger();
  vi.spyOn(store, "posted").mockImplementationOnce(() => {
    throw new Error("disk");
  });
  const first = ask("a");
  calls[0]?.answer();
  await expect(first).rejects.toThrow("disk");
  const second = ask("b");
  calls[1]?.answer();
  expect((await second)?.clientOrderId).toBe("b");
});
