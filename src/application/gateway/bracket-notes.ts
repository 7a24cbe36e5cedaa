/** The brackets that a gateway holds, as it remembers them: each with when it is to be looked at next. */
import { newBracket, stepBracket, type Bracket } from "../../domain/bracket.ts";
import type { ApprovedOrder, Execution, OrderIntent } from "../../domain/order.ts";
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
 * A fill that came before what a bracket found closed, and is told of only now: its algo held more than was known,
 * and the ledger is asked once more how large the exits may be.
 */
export function reopenBrackets(
  context: Notes,
  intent: Pick<OrderIntent, "clientOrderId" | "algoId" | "instrument" | "side"> | undefined,
  { quantity, executedAt }: Execution,
): void {
  if (!intent) return;
  for (const { bracket } of openBrackets(context)) {
    if (bracket.closedAt === undefined || executedAt > bracket.closedAt) continue;
    const entry = context.store.order(bracket.entry)?.approved?.intent;
    // Of more of the entry itself it hears anyway.
    if (!entry || entry.clientOrderId === intent.clientOrderId) continue;
    if (entry.algoId !== intent.algoId || entry.instrument !== intent.instrument) continue;
    if (entry.side !== intent.side) continue;
    const opened = stepBracket(bracket, { kind: "late", quantity }).bracket;
    saveBracket(context, { bracket: opened, dueAt: DUE_NOW }, false);
  }
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
