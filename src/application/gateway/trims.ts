/**
 * Orders that may only reduce never turn a position over: once something else has made it smaller, they are made
 * smaller or canceled. The ledger says what is there to be closed, after every fill for as long as such orders
 * stand; a run that dies leaves it to the next.
 */
import { openOf, type BracketEvent } from "../../domain/bracket.ts";
import { BRACKET_LOOK_MS } from "../../domain/bracket-limits.ts";
import {
  decimal,
  decimalText,
  maxDecimal,
  minDecimal,
  ZERO,
  type Decimal,
} from "../../domain/decimal.ts";
import { wholeLots } from "../../domain/lots.ts";
import type { OrderIntent } from "../../domain/order.ts";
import type { Reducing } from "../../domain/risk/reducing.ts";
import { errorText } from "../log.ts";
import { asItStands, takeIn } from "./bracket-events.ts";
import { tellPairTrimmed } from "./bracket-news.ts";
import { saveBracket } from "./bracket-notes.ts";
import { brokersTime } from "./brokers-time.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { flush } from "./outbox.ts";
import { DUE_NOW, filledAtBroker } from "./record.ts";
import { NO_REDUCING } from "./reducing-count.ts";
import { trimOrder } from "./trim-order.ts";

const BUSY = "trims";

/** When the ledger is to be asked, ms since 1970: never while that is under way, for whoever does it looks again at its end. */
export function trimsDueAt({ store, trimAfter, busy }: GatewayContext): number {
  if (busy.has(BUSY)) return Infinity;
  const sent = store.number("reducing_sent");
  if (sent === NO_REDUCING) return Infinity;
  const isNew =
    sent !== store.number("trimmed_sent") ||
    store.number("fills_booked") !== store.number("trimmed_fills");
  return isNew ? trimAfter : store.number("trim_again_at") || Infinity;
}

/** Makes smaller what could turn a position over. What cannot be asked or done now is due again. */
export async function trimReducing(context: GatewayContext): Promise<void> {
  if (trimsDueAt(context) > context.now()) return;
  context.busy.add(BUSY);
  try {
    await trim(context);
  } catch (error) {
    context.trimAfter = context.now() + BRACKET_LOOK_MS;
    context.log("error", "trim_failed", { error: errorText(error) });
  } finally {
    context.busy.delete(BUSY);
  }
}

async function trim(context: GatewayContext): Promise<void> {
  const { store, ledger, account } = context;
  // What closes a position and what opens it is told in order: an answer from before a fill here is none.
  await flush(context);
  if (store.hasPosts()) {
    context.trimAfter = context.now() + BRACKET_LOOK_MS;
    return;
  }
  const sent = store.number("reducing_sent");
  const fills = store.number("fills_booked");
  const rows = await ledger.reducing(account);
  // Of a fill that was booked meanwhile the ledger did not know; it stays due.
  if (store.number("fills_booked") !== fills) return;
  let isOver = false;
  for (const row of rows) if (row.orders.length > 0 && (await trimRow(context, row))) isOver = true;
  store.setNumber("trimmed_fills", fills);
  store.setNumber("trimmed_sent", sent);
  store.setNumber("trim_again_at", isOver ? context.now() + BRACKET_LOOK_MS : 0);
  if (rows.length === 0 && store.number("reducing_sent") === sent)
    store.setNumber("reducing_sent", NO_REDUCING);
}

/** A bracket's pair, of whose exits only one can be all filled, or an order by itself. */
interface Item {
  open: Decimal;
  /** `closed`: of that much nothing is there any more; the rest of `by` was closed past the platform, and may come back. */
  trim(by: Decimal, closed: Decimal): Promise<void>;
}

/** True where together they could close more than there is. Brackets are trimmed last, and what is youngest first. */
async function trimRow(context: GatewayContext, row: Reducing): Promise<boolean> {
  const first = row.orders.map(({ clientOrderId }) => context.store.order(clientOrderId));
  const intent = first.find((each) => each?.approved)?.approved?.intent;
  const instrument = intent && (await context.facts(intent)).instrument;
  if (!instrument) return false;
  const items = itemsOf(context, row);
  const all = items.reduce((sum, { open }) => sum.plus(open), ZERO);
  let over = all.minus(wholeLots(decimal(row.closable), instrument));
  let closed = maxDecimal(ZERO, all.minus(wholeLots(decimal(row.held), instrument)));
  const isOver = over.gt(ZERO);
  for (const item of items) {
    if (over.lte(ZERO)) break;
    const by = minDecimal(over, item.open);
    over = over.minus(by);
    const closedHere = minDecimal(by, closed);
    closed = closed.minus(closedHere);
    await item.trim(by, closedHere);
  }
  return isOver;
}

/** In the order in which they are trimmed. */
function itemsOf(context: GatewayContext, { orders }: Reducing): Item[] {
  const pairs = new Map<string, Item>();
  const plain: Item[] = [];
  for (const { clientOrderId, exit } of orders.toReversed()) {
    const item = exit ? pairItem(context, exit) : plainItem(context, clientOrderId);
    if (!item) continue;
    if (exit) pairs.set(`${exit.entry} ${exit.pair}`, item);
    else plain.push(item);
  }
  return [...plain, ...pairs.values()];
}

/** As the bracket stands by the records of this moment: its own fills are no cause to trim it. */
function pairItem(
  context: GatewayContext,
  { entry, pair: number }: NonNullable<OrderIntent["exit"]>,
): Item | null {
  const pair = asItStands(context, entry)?.bracket.pairs.find((each) => each.number === number);
  if (!pair) return null;
  const open = openOf(pair);
  return {
    open: maxDecimal(ZERO, open),
    trim: async (by, closed) => {
      const most = (units: Decimal, closedAt: number | null): BracketEvent => {
        const text = decimalText(units);
        return { kind: "most", pair: number, most: text, closedAt };
      };
      const events = [
        most(open.minus(closed), brokersTime(context, context.now())),
        most(open.minus(by), null),
      ];
      const taken = takeIn(context, entry, ...events);
      if (!taken) return;
      saveBracket(context, { bracket: taken.bracket, dueAt: DUE_NOW }, false);
      if (closed.gt(ZERO)) tellPairTrimmed(context, taken.record, number, open.minus(closed));
    },
  };
}

/** Null for one that is on its way out, or that never came here. */
function plainItem(context: GatewayContext, clientOrderId: string): Item | null {
  const order = readOrder(context, clientOrderId);
  if (!order?.approved || order.ended !== null || order.cancel !== "none" || !order.terms)
    return null;
  const open = maxDecimal(ZERO, decimal(order.terms.quantity).minus(filledAtBroker(order)));
  return { open, trim: (by) => trimOrder(context, clientOrderId, open.minus(by)) };
}
