/** A ledger with its tradebook, whose orders are let grow old. */
import { ARCHIVE_BOUNDS, LedgerArchive } from "../../../src/application/ledger/archive.ts";
import { LedgerBook } from "../../../src/application/ledger/book.ts";
import { reserve } from "../../../src/application/ledger/deciding.ts";
import { postAll, takeBalances } from "../../../src/application/ledger/orders.ts";
import { LEDGER_ORDER_KEPT_MS } from "../../../src/domain/archive-limits.ts";
import type { OrderIntent, OrderPost } from "../../../src/domain/order.ts";
import { MemoryLedgerStore } from "../orders/memory-ledger-store.ts";
import { SimulatedTradebook } from "../orders/simulated-tradebook.ts";
import { NOON } from "./run.ts";
import { acceptedAs, factsWith, fillOf, intentWith, markOf, postOf } from "./samples.ts";

export const DAY_MS = 86_400_000;
export const LATER = NOON + LEDGER_ORDER_KEPT_MS + 2 * DAY_MS;

/** `settled`: whether the days of its orders have been compared. `sameDay`: orders of the trading day itself may go. */
export function ageing({ settled = true, reads = true, sameDay = false } = {}) {
  const store = new MemoryLedgerStore();
  const outbox = new SimulatedTradebook(store);
  const waits: (() => void)[] = [];
  const world = { settled, reads, hangs: false, commits: 0 };
  const begin = () => {
    const book = new LedgerBook({
      storage: store,
      outbox,
      transaction: (work) => outbox.transaction(() => store.transaction(work)),
      onCommit: () => void (world.commits += 1),
    });
    const archive = new LedgerArchive({
      book,
      past: {
        events: (id) => {
          if (world.hangs) return new Promise(() => {});
          return world.reads ? outbox.past.events(id) : Promise.reject(new Error("D1 is down"));
        },
      },
      isSettled: async () => world.settled,
      after: (_ms, act) => {
        waits.push(act);
        return () => void waits.splice(waits.indexOf(act), 1);
      },
      bounds: { ...ARCHIVE_BOUNDS, pastDaysOnly: !sameDay },
      log: () => {},
    });
    return { book, archive };
  };
  const run = begin();
  const funds = [{ currency: "USD", total: "100000", available: "100000" }];
  takeBalances(run.book, "paper", funds, NOON, NOON);
  const ask = (intent: OrderIntent, now = NOON, marketOpen = true) =>
    reserve(run.book, intent, factsWith({ marketOpen, mark: markOf(now) }), now);
  const post = async (posts: OrderPost[], now = LATER) => {
    await run.archive.bringBack(posts, now);
    return postAll(run.book, posts, now);
  };
  /** An order that was filled at noon. */
  const filled = (terms: Partial<OrderIntent> = {}) => {
    const intent = intentWith(terms);
    ask(intent);
    const fill = postOf(intent.clientOrderId, fillOf(intent, "10", "100"), NOON);
    postAll(run.book, [postOf(intent.clientOrderId, acceptedAs("b"), NOON), fill], NOON);
    return { intent, fill };
  };
  /** Balances that count what was bought, so that no money is committed any more; then the days pass. */
  const days = async (now = LATER) => {
    takeBalances(run.book, "paper", funds, NOON + 3_600_000, now);
    ask(intentWith({ quantity: "1" }), now);
    await outbox.flush();
    await run.archive.run(now);
  };
  const position = () =>
    run.book.state(LATER).holdings.get("algo-a|XNAS:ACME|paper")?.position.quantity.toFixed();
  return { store, outbox, world, waits, run, ask, post, filled, days, position };
}

export const isArchived = ({ store }: ReturnType<typeof ageing>, { clientOrderId }: OrderIntent) =>
  store.archived(clientOrderId) !== null;
