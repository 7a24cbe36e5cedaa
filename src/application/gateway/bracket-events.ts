/** What the records of its orders say to a bracket, and how it takes that in. */
import {
  legId,
  LEGS,
  stepBracket,
  type Bracket,
  type BracketAction,
  type BracketEvent,
} from "../../domain/bracket.ts";
import { tell } from "./bracket-news.ts";
import { bracketNote } from "./bracket-notes.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import type { GatewayOrder } from "./record.ts";

export interface TakenIn {
  bracket: Bracket;
  /** To be done, once the bracket is stored. */
  actions: BracketAction[];
  /** Of the entry. */
  record: GatewayOrder;
}

/** With what people have to hear told: the caller stores the bracket in the same run. */
export function takeIn(
  context: GatewayContext,
  entry: string,
  ...known: readonly BracketEvent[]
): TakenIn | null {
  const taken = asItStands(context, entry, ...known);
  for (const action of taken?.actions ?? []) tell(context, entry, action);
  return taken;
}

/**
 * The bracket with all that the records say now, and with what else is known of it, which is measured against that.
 * Null where it is not known here.
 */
export function asItStands(
  context: GatewayContext,
  entry: string,
  ...known: readonly BracketEvent[]
): TakenIn | null {
  const note = bracketNote(context, entry);
  const record = readOrder(context, entry);
  if (!note || !record) return null;
  const events = [entryEvent(record), ...legEvents(context, note.bracket), ...known];
  const { bracket, actions } = stepBracket(note.bracket, ...events);
  return { bracket, actions, record };
}

const entryEvent = (record: GatewayOrder): BracketEvent => ({
  kind: "entry",
  filled: record.filledQuantity,
  ended: record.ended !== null && record.ended !== "dead_lettered",
});

/** What the records say of the exits; of one without a record, nothing. */
function legEvents(context: GatewayContext, { entry, pairs }: Bracket): BracketEvent[] {
  return pairs.flatMap(({ number, quantity }) =>
    LEGS.flatMap((leg): BracketEvent[] => {
      const record = readOrder(context, legId(entry, number, leg));
      if (!record) return [];
      return [
        {
          kind: "leg",
          pair: number,
          leg,
          status: statusOf(record),
          quantity: record.terms?.quantity ?? quantity,
          filled: record.filledQuantity,
        },
      ];
    }),
  );
}

function statusOf({ ended }: GatewayOrder): "open" | "ended" | "failed" {
  if (ended === null) return "open";
  return ended === "rejected" || ended === "stopped" || ended === "dead_lettered"
    ? "failed"
    : "ended";
}
