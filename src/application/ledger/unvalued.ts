/**
 * Tells people what is held without a usable price: its loss is not known, and its algo's entries are
 * refused. Each instrument once in a trading day, also one that flickers; one that stays so is news again
 * the next day. What was told is stored with the incident.
 */
import type { Incident } from "../reconcile-port.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { UNVALUED_TOLD_AFTER_MS } from "../../domain/ledger-limits.ts";
import { type LedgerState } from "../../domain/risk/state.ts";
import { goodMark } from "../../domain/risk/good-mark.ts";
import { unvaluedIn } from "../../domain/risk/unvalued.ts";
import type { LedgerBook } from "./book.ts";

/** Instruments named in one message; past it only their number is told. */
const NAMED_MAX = 10;

export class UnvaluedNews {
  readonly #book: LedgerBook;
  /** Since when each has been unvalued, in this run. */
  #since = new Map<InstrumentId, number>();

  constructor(book: LedgerBook) {
    this.#book = book;
  }

  /** One look, after the marks' ages were looked at. */
  look(now: number): void {
    const book = this.#book;
    const state = book.state(now);
    const unvalued = unvaluedIn(state, "portfolio");
    this.#since = new Map([...unvalued].map((id) => [id, this.#since.get(id) ?? now]));
    const stored = book.storage.setting("unvalued_told") ?? "{}";
    const told = Object.entries(JSON.parse(stored) as Record<InstrumentId, string>);
    const kept = told.filter(([, day]) => day === state.day);
    const known = new Set(kept.map(([id]) => id));
    const due = [...this.#since]
      .filter(([id, since]) => !known.has(id) && since <= now - UNVALUED_TOLD_AFTER_MS)
      .map(([id]) => id);
    if (due.length === 0 && kept.length === told.length) return;
    book.commit(now, () => {
      if (due.length > 0)
        book.outbox.add(state.version, { kind: "incident", incident: incidentOf(state, due, now) });
      const all = [...kept, ...due.map((id) => [id, state.day] as const)];
      book.storage.set("unvalued_told", JSON.stringify(Object.fromEntries(all)));
    });
  }
}

function incidentOf(state: LedgerState, instruments: InstrumentId[], now: number): Incident {
  const named = instruments.slice(0, NAMED_MAX).map((id) => {
    const mark = goodMark(state, id);
    return `${id} (${mark ? `last price ${Math.round((now - mark.time) / 1_000)} s ago` : "no price"})`;
  });
  const others = instruments.length - named.length;
  return {
    id: `unvalued-${now}`,
    at: now,
    account: "portfolio",
    severity: "serious",
    title: `${instruments.length} held ${instruments.length === 1 ? "instrument has" : "instruments have"} no usable price`,
    message: `${named.join(", ")}${others > 0 ? ` and ${others} others` : ""}: what they lose is not known, so entries of the algos that hold them are refused and exits pass; look at their feed.`,
  };
}
