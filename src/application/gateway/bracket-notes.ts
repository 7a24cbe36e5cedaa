/** The brackets that a gateway holds, as it remembers them: each with when it is to be looked at next. */
import {
  isPairClosed,
  legId,
  newBracket,
  otherLeg,
  type Bracket,
  type LegName,
} from "../../domain/bracket.ts";
import type { ApprovedOrder, OrderIntent } from "../../domain/order.ts";
import type { GatewayPorts } from "./ports.ts";
import { DUE_NOW } from "./record.ts";

export interface BracketNote {
  bracket: Bracket;
  /** ms since 1970. */
  dueAt: number;
}

type Notes = Pick<GatewayPorts, "store">;

const read = ({ store }: Notes, entry: string): BracketNote | null => {
  const body = store.note(`bracket:${entry}`) ?? store.note(`bracket-ended:${entry}`);
  return body === null ? null : (JSON.parse(body) as BracketNote);
};

export const bracketNote = read;

/** Notes by the very list that storage gave: as long as it gives the same one, nothing has changed. */
const parsed = new WeakMap<string[], BracketNote[]>();

export function openBrackets({ store }: Notes): BracketNote[] {
  const bodies = store.notes("bracket:");
  const known = parsed.get(bodies);
  if (known) return known;
  const notes = bodies.map((body) => JSON.parse(body) as BracketNote);
  parsed.set(bodies, notes);
  return notes;
}

export function saveBracket({ store }: Notes, note: BracketNote, ended: boolean): void {
  const { entry } = note.bracket;
  const body = JSON.stringify(note);
  // One that has ended is kept apart: a late fill of its entry is covered, too.
  store.setNote(`bracket:${entry}`, ended ? null : body);
  store.setNote(`bracket-ended:${entry}`, ended ? body : null);
}

/** Written down before the entry's first byte leaves: no fill can come before its bracket. */
export function beginBracket(context: Notes, { intent }: ApprovedOrder, now: number): void {
  const { bracket, clientOrderId } = intent;
  if (!bracket || read(context, clientOrderId)) return;
  saveBracket(context, { bracket: newBracket(clientOrderId), dueAt: now }, false);
}

/**
 * Why an exit may not leave any more: both exits of its pair, by their records as they are now, have closed
 * all of it. Null for what is no exit, and while a part is open: the bracket makes the exit as small as that
 * as soon as it stands. One whose bracket is not known here goes, too.
 */
export function whyClosed(context: Notes, { intent }: ApprovedOrder): string | null {
  const { exit } = intent;
  const note = exit && read(context, exit.entry);
  if (!note) return null;
  const { entry, pair, leg } = exit;
  const filled = (name: LegName) =>
    context.store.order(legId(entry, pair, name))?.filledQuantity ?? "0";
  const filledNow = { stop: filled("stop"), target: filled("target") };
  return isPairClosed(note.bracket, pair, filledNow)
    ? `stopped: the ${otherLeg(leg)} of ${entry} has closed all that this ${leg} is for`
    : null;
}

/** Something was heard of an order: the bracket that it belongs to is looked at next. */
export function wakeBracket(
  context: Notes,
  intent: Pick<OrderIntent, "clientOrderId" | "bracket" | "exit"> | undefined,
): void {
  const entry = intent?.bracket ? intent.clientOrderId : intent?.exit?.entry;
  if (entry === undefined) return;
  const note = read(context, entry);
  if (note) saveBracket(context, { ...note, dueAt: DUE_NOW }, false);
}
