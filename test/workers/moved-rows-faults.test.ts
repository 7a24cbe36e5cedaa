/** The moving of old rows, killed before or after any of its steps, with news of moved orders in between: drawn from seeds, on real D1 and R2. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MoveRowsPorts } from "../../src/application/move-rows.ts";
import type { MovedRow } from "../../src/domain/moved-rows.ts";
import type { Order, OrderState } from "../../src/domain/order.ts";
import { seededRandom, type Random } from "../support/orders/random.ts";
import {
  allMoved,
  DAY,
  DAY_MS,
  execution,
  idsInD1,
  listedOrders,
  listedTrades,
  movedOf,
  movingExecutions,
  movingOrders,
  order,
  reported,
  written,
  type Moving,
} from "../support/workers/moved-rows.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await reported();
});

afterEach(() => reset());

const STATES: readonly [OrderState, ...OrderState[]] = [
  "filled",
  "canceled",
  "denied",
  "new",
  "expired",
];
const ORDERS = 8;
const NEWS = 4;

/** Whatever is called next fails before it has worked, or after. */
function broken<Row extends MovedRow>(
  { book, files }: Moving<Row>,
  random: Random,
): Pick<MoveRowsPorts<Row>, "book" | "files"> {
  const call = async <T>(act: () => Promise<T>): Promise<T> => {
    const kind = random.pick(["works", "works", "works", "before", "after"]);
    if (kind === "before") throw new Error("away");
    const answer = await act();
    if (kind === "after") throw new Error("cut off");
    return answer;
  };
  return {
    book: {
      state: () => call(() => book.state()),
      save: (state) => call(() => book.save(state)),
      rows: (...asked) => call(() => book.rows(...asked)),
      move: (...asked) => call(() => book.move(...asked)),
    },
    files: { write: (...asked) => call(() => files.write(...asked)) },
  };
}

const otherThan = (state: OrderState): OrderState =>
  STATES[(STATES.indexOf(state) + 1) % STATES.length] ?? "filled";

const told = async (query: Parameters<typeof listedOrders>[0]) =>
  (await listedOrders(query)).map(({ clientOrderId, state }) => `${clientOrderId} ${state}`);

/** Newest first, as lists are. */
const byKey = <T>(rows: readonly T[], key: (row: T) => [number, string]): T[] =>
  rows.toSorted((a, b) => {
    const [[atA, idA], [atB, idB]] = [key(a), key(b)];
    return atB - atA || (idA < idB ? 1 : -1);
  });

test.each([11, 12, 13, 14, 15, 16])(
  "seed %d: nothing is lost, doubled or told otherwise, wherever it is killed and whatever comes late",
  async (seed) => {
    const random = seededRandom(seed);
    // Few times, algos and instruments, so that much is alike.
    const drawn = (place: number) => ({
      id: `o${place}`,
      algoId: random.pick(["one", "two"]),
      instrument: random.pick(["NSE:INFY", "NSE:TCS"]),
      at: DAY + Math.floor((random.between(0, 5) * DAY_MS) / 2),
    });
    const book = new Map<string, Order>();
    const tell = async (version: number, ...some: Order[]) => {
      for (const each of some) book.set(each.clientOrderId, each);
      await written(version, { orders: some });
    };
    const rows = Array.from({ length: ORDERS }, (_, place) => {
      const { id, at, ...terms } = drawn(place);
      return order(id, { ...terms, createdAt: at, state: random.pick(STATES) });
    });
    const fills = Array.from({ length: ORDERS }, (_, place) => {
      const { at, ...terms } = drawn(place);
      return { ...execution(`x${place}`), ...terms, executedAt: at, clientOrderId: `o${place}` };
    });
    await tell(5, ...rows);
    await written(5, { executions: fills });

    const check = async () => {
      const orders = byKey([...book.values()], (row) => [row.createdAt, row.clientOrderId]);
      const expected = (isAsked: (row: Order) => boolean) =>
        orders.filter(isAsked).map(({ clientOrderId, state }) => `${clientOrderId} ${state}`);
      const state = random.pick(STATES);
      expect(await told({ from: 0, limit: 3 })).toEqual(expected(() => true));
      expect(await told({ state, limit: 2 })).toEqual(expected((row) => row.state === state));
      expect(await told({ algoId: "one", to: DAY + DAY_MS })).toEqual(
        expected((row) => row.algoId === "one" && row.createdAt < DAY + DAY_MS),
      );
      const trades = byKey(fills, (row) => [row.executedAt, row.executionId]);
      expect((await listedTrades({ limit: 3 })).map((row) => row.executionId)).toEqual(
        trades.map((row) => row.executionId),
      );
    };

    await check();
    for (let news = 0; news < NEWS; news += 1) {
      for (let run = 0; run < 3; run += 1) {
        // A state that cannot be stored is the watchdog's to log.
        const orders = { ...broken(movingOrders(), random), sliceRows: 2 };
        await movedOf(movingOrders(), orders).catch(() => {});
        const executions = { ...broken(movingExecutions(), random), sliceRows: 3 };
        await movedOf(movingExecutions(), executions).catch(() => {});
        await check();
      }
      // A late fill brings an order back, in another state than its file has it.
      const came = book.get(`o${random.between(0, ORDERS - 1)}`);
      if (came) await tell(6 + news, { ...came, state: otherThan(came.state) });
      await check();
    }
    // What was left of a pass is gone on with before a new one begins.
    await allMoved();
    await allMoved();
    await check();
    const open = [...book.values()].filter(({ state }) => state === "new");
    const stay = open.map(({ clientOrderId }) => clientOrderId).toSorted();
    expect(await idsInD1("orders")).toEqual(stay);
    for (const id of await idsInD1("executions")) expect(stay).toContain(id.replace("x", "o"));
  },
);
