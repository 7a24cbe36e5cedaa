/**
 * Lets go of what ended long ago, in slices by the gateway's clock and never on an order's way. First the
 * record of an order becomes a past one: its ids, its end, what was filled. It is never sent again by it,
 * and a late fill still finds it. Long after that the ids go, too.
 */
import { errorText } from "../log.ts";
import type { GatewayContext } from "./context.ts";
import type { NoteName } from "./ports.ts";
import { bracketEntryOf, isKeptWhole, pastOf, type GatewayOrder } from "./record.ts";

/** Where the next slice of each begins: the last id that was looked at. */
const ORDERS: NoteName = "archive:orders";
const EXECUTIONS: NoteName = "archive:executions";

/** One slice, if it is time. What it leaves is the next one's. */
export async function archiveSlice(context: GatewayContext): Promise<void> {
  const { archiving, store } = context;
  const now = context.now();
  // Also after the clock went back.
  if (Math.abs(now - context.archivedAt) < archiving.sliceMs) return;
  context.archivedAt = now;
  // What was not read in yet may still be told of, however long ago it was.
  const settled = Math.min(now, store.number("read_until"));
  await archiveOrders(context, settled);
  forgetIds(context, settled - archiving.idsKeptMs);
}

async function archiveOrders(context: GatewayContext, settled: number): Promise<void> {
  const { archiving, store } = context;
  const rows = store.past.ended(store.note(ORDERS) ?? "", archiving.sliceRows);
  const old = rows.filter(
    (order) => order.updatedAt < settled - archiving.recordKeptMs && mayGo(context, order),
  );
  const ended = old.length > 0 ? await endedInLedger(context, old) : new Set();
  if (ended === null) return;
  // The call took its time: only what nobody has touched meanwhile.
  const confirmed = old.filter(
    (order) =>
      ended.has(order.clientOrderId) &&
      store.order(order.clientOrderId)?.updatedAt === order.updatedAt,
  );
  const gone = (order: GatewayOrder): boolean => order.updatedAt < settled - archiving.idsKeptMs;
  store.past.add(confirmed.filter((order) => !isKeptWhole(order)).map(pastOf));
  for (const order of confirmed) if (isKeptWhole(order) && gone(order)) forget(context, order);
  moveOn(context, ORDERS, rows.length < archiving.sliceRows ? null : rows.at(-1)?.clientOrderId);
}

/** What lies on the desk waits for a person, and a bracket that stands needs its orders. */
function mayGo({ store }: GatewayContext, order: GatewayOrder): boolean {
  if (order.ended === "dead_lettered" && !order.unwanted) return false;
  const entry = bracketEntryOf(order);
  return entry === null || store.note(`bracket:${entry}`) === null;
}

/** Those whose end the ledger has; null when it cannot be asked, or when what it has not confirmed may be news of them. */
async function endedInLedger(
  { store, ledger, log }: GatewayContext,
  orders: readonly GatewayOrder[],
): Promise<ReadonlySet<unknown> | null> {
  try {
    const ended = await ledger.endedOf(orders.map(({ clientOrderId }) => clientOrderId));
    return store.hasPosts() ? null : new Set(ended);
  } catch (error) {
    log("warn", "archive_put_off", { error: errorText(error) });
    return null;
  }
}

function forget({ store }: GatewayContext, order: GatewayOrder): void {
  store.past.forget(order);
  const entry = bracketEntryOf(order);
  if (entry === order.clientOrderId) store.setNote(`bracket-ended:${entry}`, null);
}

/** What the broker tells from before then is no news to this gateway any more. */
function forgetIds(context: GatewayContext, before: number): void {
  const { archiving, store } = context;
  if (before <= 0) return;
  if (before > store.number("forgotten_until")) store.setNumber("forgotten_until", before);
  const after = store.note(EXECUTIONS) ?? "";
  moveOn(context, EXECUTIONS, store.past.forgetIds(before, after, archiving.sliceRows));
}

function moveOn({ store }: GatewayContext, name: NoteName, to: string | null | undefined): void {
  const next = to ?? null;
  if (store.note(name) !== next) store.setNote(name, next);
}
