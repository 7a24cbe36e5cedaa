/** What people have to hear of a bracket's exits. */
import { legId, LEGS, type BracketAction } from "../../domain/bracket.ts";
import { BRACKET_CLOSE_WAIT_MS } from "../../domain/bracket-limits.ts";
import { decimal, decimalText, ZERO, type Decimal } from "../../domain/decimal.ts";
import type { OrderIntent } from "../../domain/order.ts";
import type { GatewayContext } from "./context.ts";
import { raise, type Hold } from "./reconcile-notes.ts";
import type { GatewayOrder } from "./record.ts";

/** A position without an exit that it should have is told to people, never left in silence. */
export function tell(context: GatewayContext, entry: string, action: BracketAction): void {
  if (action.kind === "beyond") return tellBeyond(context, entry, action);
  if (action.kind !== "tell") return;
  const { pair, leg, open } = action;
  const id = legId(entry, pair, leg);
  const order = context.store.order(id);
  const why = order?.reason ?? "the ledger refused it";
  const intent = order?.ended === "canceled" ? order.approved?.intent : undefined;
  raise(
    context,
    {
      id: `bracket-${id}`,
      severity: "critical",
      title: `No ${leg} for ${entry}`,
      message: `${open} of the bracket ${entry} has no ${leg} at the broker (${why}). Close it, or place an exit by hand, unless it was closed otherwise.`,
    },
    // Canceled on the way out, it leaves nothing open a moment later.
    intent && unlessFlat(context, intent),
  );
  context.log("error", "bracket_leg_missing", { entry, leg, open, reason: why });
}

/**
 * Both exits filled before the broker had canceled one of them, or one did though something else had closed what it
 * was for: what is beyond is a position the other way.
 */
function tellBeyond(
  context: GatewayContext,
  entry: string,
  { pair, beyond }: Extract<BracketAction, { kind: "beyond" }>,
): void {
  const intent = context.store.order(entry)?.approved?.intent;
  const way = intent?.side === "buy" ? "short" : "long";
  const both = LEGS.every((leg) => {
    const filled = context.store.order(legId(entry, pair, leg))?.filledQuantity ?? "0";
    return decimal(filled).gt(ZERO);
  });
  raise(context, {
    id: `bracket-beyond-${entry}-${pair}`,
    severity: "critical",
    title: `${both ? "Both exits" : "An exit"} of ${entry} ${both ? "have filled" : "filled too much"}`,
    message: `${both ? "Stop and target" : "An exit"} of the bracket ${entry} closed ${beyond} more than was open, before ${both ? "one" : "it"} could be canceled. It is booked, and makes the position of ${intent?.algoId ?? "its algo"} in ${intent?.instrument ?? "its instrument"} ${beyond} more ${way} than was meant. Nothing is traded against it from here: look at the position, and close that much of it on the page of positions or by POST /v1/positions/close.`,
  });
  context.log("error", "bracket_beyond", { entry, pair, beyond });
}

/** Something else has closed what they were for. Whoever holds nothing by then need not hear of it. */
export function tellPairTrimmed(
  context: GatewayContext,
  { clientOrderId: entry, approved }: GatewayOrder,
  pair: number,
  left: Decimal,
): void {
  if (!approved) return;
  const units = decimalText(left);
  raise(
    context,
    {
      id: `bracket-trimmed-${entry}-${pair}-${units}`,
      severity: "serious",
      title: `Exits of ${entry} made smaller`,
      message: `Another order has closed a part of what the bracket ${entry} opened in ${approved.intent.instrument}: of pair ${pair} its exits close ${units} more, and would have turned the position of ${approved.intent.algoId} over with what they were for.`,
    },
    unlessFlat(context, approved.intent),
  );
  context.log("warn", "bracket_trimmed", { entry, pair, left: units });
}

export function tellOrderTrimmed(
  context: GatewayContext,
  { clientOrderId, algoId, instrument }: OrderIntent,
  left: Decimal,
): void {
  const units = decimalText(left);
  raise(
    context,
    {
      id: `reduce-only-${clientOrderId}-${units}`,
      severity: "serious",
      title: `${clientOrderId} ${left.gt(ZERO) ? "made smaller" : "canceled"}`,
      message: `${clientOrderId} may only reduce the position of ${algoId} in ${instrument}, of which ${units} is left for it to close: with what it was for it would have turned the position over.`,
    },
    unlessFlat(context, { algoId, instrument }),
  );
  context.log("warn", "reduce_only_trimmed", { clientOrderId, left: units });
}

const unlessFlat = (
  context: GatewayContext,
  { algoId, instrument }: Pick<OrderIntent, "algoId" | "instrument">,
): Hold => ({ until: context.now() + BRACKET_CLOSE_WAIT_MS, algoId, instrument });
