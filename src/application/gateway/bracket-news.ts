/** What people have to hear of a bracket's exits. */
import { legId, type BracketAction } from "../../domain/bracket.ts";
import { BRACKET_CLOSE_WAIT_MS } from "../../domain/bracket-limits.ts";
import type { GatewayContext } from "./context.ts";
import { raise } from "./reconcile-notes.ts";

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
    intent && {
      until: context.now() + BRACKET_CLOSE_WAIT_MS,
      algoId: intent.algoId,
      instrument: intent.instrument,
    },
  );
  context.log("error", "bracket_leg_missing", { entry, leg, open, reason: why });
}

/** Both exits filled before the broker had canceled one of them: what is beyond is a position the other way. */
function tellBeyond(
  context: GatewayContext,
  entry: string,
  { pair, beyond }: Extract<BracketAction, { kind: "beyond" }>,
): void {
  const intent = context.store.order(entry)?.approved?.intent;
  const way = intent?.side === "buy" ? "short" : "long";
  raise(context, {
    id: `bracket-beyond-${entry}-${pair}`,
    severity: "critical",
    title: `Both exits of ${entry} have filled`,
    message: `Stop and target of the bracket ${entry} closed ${beyond} more than was open, before one could be canceled. It is booked, and makes the position of ${intent?.algoId ?? "its algo"} in ${intent?.instrument ?? "its instrument"} ${beyond} more ${way} than was meant. Nothing is traded against it from here: look at the position, and close that much of it on the page of positions or by POST /v1/positions/close.`,
  });
  context.log("error", "bracket_beyond", { entry, pair, beyond });
}
