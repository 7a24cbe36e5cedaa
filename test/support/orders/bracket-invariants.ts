/** What must hold of brackets after a run: exits never close more than was filled but where both filled at once, and nothing is bare in silence. */
import { bracketNote } from "../../../src/application/gateway/bracket-notes.ts";
import { legId, type LegName } from "../../../src/domain/bracket.ts";
import {
  decimal,
  maxDecimal,
  minDecimal,
  ZERO,
  type Decimal,
} from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { isOpen } from "./exchange.ts";
import { leftToClose, standsToClose } from "./left-to-close.ts";
import { covers } from "./order-sums.ts";
import type { World } from "./world.ts";

export function bracketBreaches(world: World): string[] {
  const orders = world.ledger.store.orders();
  const entries = orders.filter(({ bracket }) => bracket);
  return [...entries.flatMap((entry) => ofEntry(world, orders, entry)), ...burnt(orders)];
}

/** What is laid down by people, or by a clock, is lifted again: an exit's only id has to be free then. */
const PASSES = new Set([
  "KILL_SWITCH",
  "PORTFOLIO_ASLEEP",
  "MARKET_CLOSED",
  "ORDER_RATE",
  "REDUCE_ONLY",
]);

const burnt = (orders: readonly Order[]): string[] =>
  orders
    .filter(
      ({ exit, state, refusal }) => exit && state === "denied" && PASSES.has(refusal?.code ?? ""),
    )
    .map(
      ({ clientOrderId, refusal }) => `${clientOrderId} was denied for good by ${refusal?.code}`,
    );

const sumOf = (orders: readonly Order[], of: (order: Order) => string): Decimal =>
  orders.reduce((sum, order) => sum.plus(of(order)), ZERO);

function ofEntry(world: World, orders: readonly Order[], entry: Order): string[] {
  // What a person executed by hand is the person's to guard.
  if (world.byPerson.has(entry.clientOrderId)) return [];
  const exits = orders.filter(({ exit }) => exit?.entry === entry.clientOrderId);
  const pairs = [...new Set(exits.map(({ exit }) => exit?.pair ?? 0))];
  return [
    ...pairs.flatMap((pair) =>
      ofPair(
        world,
        entry,
        exits.filter(({ exit }) => exit?.pair === pair),
      ),
    ),
    ...beyond(world, entry, exits),
    ...bare(world, orders, entry, exits, pairs),
  ];
}

/** Each leg closes at most its part; both together more only because both filled before one could be taken back. */
function ofPair(world: World, entry: Order, legs: readonly Order[]): string[] {
  const size = legs.reduce((most, { quantity }) => maxDecimal(most, decimal(quantity)), ZERO);
  const filled = sumOf(legs, ({ filledQuantity }) => filledQuantity);
  const open = legs.filter(({ clientOrderId }) =>
    world.broker.held.some((held) => held.order.clientOrderId === clientOrderId && isOpen(held)),
  );
  if (legs.length === 2 && filled.gte(size) && size.gt(ZERO) && isClosed(legs) && open.length > 0)
    return [
      `${open[0]?.clientOrderId ?? ""} still stands, though the other exit of ${entry.clientOrderId} has closed its part`,
    ];
  return [];
}

/** What both exits closed too much, before one could be taken back, people were told of. */
function beyond(
  world: World,
  { clientOrderId, filledQuantity }: Order,
  exits: readonly Order[],
): string[] {
  const excess = sumOf(exits, (exit) => exit.filledQuantity).minus(filledQuantity);
  const told = [...world.gateways.incidents.keys()];
  const isTold = told.some((id) => id.startsWith(`bracket-beyond-${clientOrderId}-`));
  return excess.lte(ZERO) || isTold
    ? []
    : [`the exits of ${clientOrderId} closed ${excess.toFixed()} too much, and nobody was told`];
}

const isClosed = (legs: readonly Order[]): boolean => legs.some(({ state }) => state === "filled");

/** What the algo holds on the entry's side. */
const heldBy = (orders: readonly Order[], { algoId, instrument, side }: Order): Decimal =>
  orders
    .filter((each) => each.algoId === algoId && each.instrument === instrument)
    .reduce(
      (sum, each) => sum.plus(decimal(each.filledQuantity).times(each.side === side ? 1 : -1)),
      ZERO,
    );

/**
 * What is left of the entry, fill by fill: a position that went flat has closed it, whoever closed it, and what
 * another order opens afterwards is not the bracket's to guard.
 */
function leftOf(world: World, orders: readonly Order[], entry: Order): Decimal {
  const mine = new Map(
    orders
      .filter(
        ({ algoId, instrument }) => algoId === entry.algoId && instrument === entry.instrument,
      )
      .map((each) => [each.clientOrderId, each]),
  );
  let held = ZERO;
  let left = ZERO;
  for (const { clientOrderId, quantity } of world.ledger.store.fills()) {
    const order = mine.get(clientOrderId);
    if (!order) continue;
    held = order.side === entry.side ? held.plus(quantity) : held.minus(quantity);
    if (order === mine.get(entry.clientOrderId)) left = left.plus(quantity);
    if (order.exit?.entry === entry.clientOrderId) left = left.minus(quantity);
    left = maxDecimal(ZERO, minDecimal(left, held));
  }
  return left;
}

/** With new terms that nobody has answered it may be of either quantity. */
function atMost(world: World, order: Order): Order {
  const asked = world.ledger.store.order(order.clientOrderId)?.asked?.quantity ?? ZERO;
  return { ...order, quantity: maxDecimal(decimal(order.quantity), asked).toFixed() };
}

/** Others close that much already, or have closed it past the platform: an exit for it has to wait. */
function isTaken(world: World, orders: readonly Order[], entry: Order, lacking: Decimal): boolean {
  const side = entry.side === "buy" ? "sell" : "buy";
  const { algoId, instrument } = entry;
  const beside = orders
    .filter(
      (each) => each.algoId === algoId && each.instrument === instrument && each.side === side,
    )
    .map((each) => atMost(world, each));
  return leftToClose(orders, { algoId, instrument, side }).minus(standsToClose(beside)).lt(lacking);
}

/** Under a halt its exits may wait, and people know of it; afterwards they have to stand. */
const isHalted = (world: World, entry: Order): boolean =>
  [...world.ledger.state().tradingStates.values()].some(
    ({ scope, state }) => state === "halted" && covers(scope, entry),
  );

/** Every unit that the exits have not closed has a stop and a target at the broker, or people were told. */
function bare(
  world: World,
  orders: readonly Order[],
  entry: Order,
  exits: readonly Order[],
  pairs: number[],
): string[] {
  const told = world.gateways.incidents;
  const closed = sumOf(exits, ({ filledQuantity }) => filledQuantity);
  const filled = decimal(entry.filledQuantity).minus(closed);
  // Closed otherwise, it needs no exits: the position is what is left of it.
  const most = minDecimal(filled, heldBy(orders, entry));
  if (most.lte(ZERO)) return [];
  const open = minDecimal(most, leftOf(world, orders, entry));
  if (open.lte(ZERO)) return [];
  const legs: LegName[] = ["stop", "target"];
  const known = bracketNote(world.gateways, entry.clientOrderId)?.bracket.pairs.length ?? 0;
  const pairsMax = Math.max(known, ...pairs) + 1;
  return legs.flatMap((leg) => {
    const guarded = world.broker.held
      .filter(isOpen)
      .filter(({ order }) =>
        exits.some(
          ({ clientOrderId, exit }) => clientOrderId === order.clientOrderId && exit?.leg === leg,
        ),
      )
      .reduce(
        (sum, { order }) => sum.plus(decimal(order.quantity).minus(order.filledQuantity)),
        ZERO,
      );
    const mayWait = isHalted(world, entry) || isTaken(world, orders, entry, open.minus(guarded));
    // Exits made smaller stay so: what they close no more, others did, or the account has not got it.
    const isTrimmed = [...told.keys()].some((id) =>
      id.startsWith(`bracket-trimmed-${entry.clientOrderId}-`),
    );
    const isTold = Array.from({ length: pairsMax }, (_, index) => index + 1).some(
      (pair) =>
        told.has(`bracket-${legId(entry.clientOrderId, pair, leg)}`) ||
        (mayWait &&
          (isTrimmed ||
            legs.some((each) =>
              told.has(`bracket-waits-${legId(entry.clientOrderId, pair, each)}`),
            ))),
    );
    // What lies on the desk people were told of, too.
    const onDesk = exits.some(({ exit, state }) => exit?.leg === leg && state === "dead_lettered");
    return guarded.gte(open) || isTold || onDesk
      ? []
      : [
          `${open.minus(guarded).toFixed()} of ${entry.clientOrderId} has no ${leg}, and nobody was told`,
        ];
  });
}
