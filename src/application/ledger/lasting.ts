/**
 * Tells people of what stays so: each once in a trading day, also one that flickers; one that stays so is
 * news again the next day. What was told is stored with the incident.
 */
import { LASTING_TOLD_AFTER_MS } from "../../domain/ledger-limits.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import type { Incident } from "../reconcile-port.ts";
import type { LedgerBook } from "./book.ts";
import type { BookSetting } from "./ports.ts";

export interface LastingTrouble {
  /** Where what was told of is stored. */
  setting: Extract<BookSetting, "unvalued_told" | "unknown_trips_told">;
  /** What is so now, by name. */
  find: (state: LedgerState, now: number) => Iterable<string>;
  /** What people hear of those that have been so for long. */
  incident: (state: LedgerState, names: string[], now: number) => Incident;
}

export class LastingNews {
  readonly #book: LedgerBook;
  readonly #trouble: LastingTrouble;
  /** Since when each has been so, in this run. */
  #since = new Map<string, number>();

  constructor(book: LedgerBook, trouble: LastingTrouble) {
    this.#book = book;
    this.#trouble = trouble;
  }

  look(now: number): void {
    const book = this.#book;
    const { setting, find, incident } = this.#trouble;
    const state = book.state(now);
    this.#since = new Map(
      [...find(state, now)].map((name) => [name, this.#since.get(name) ?? now]),
    );
    const told = Object.entries(
      JSON.parse(book.storage.setting(setting) ?? "{}") as Record<string, string>,
    );
    const kept = told.filter(([, day]) => day === state.day);
    const known = new Set(kept.map(([name]) => name));
    const due = [...this.#since]
      .filter(([name, since]) => !known.has(name) && since <= now - LASTING_TOLD_AFTER_MS)
      .map(([name]) => name);
    if (due.length === 0 && kept.length === told.length) return;
    book.commit(now, () => {
      if (due.length > 0)
        book.outbox.add(state.version, { kind: "incident", incident: incident(state, due, now) });
      const all = [...kept, ...due.map((name) => [name, state.day] as const)];
      book.storage.set(setting, JSON.stringify(Object.fromEntries(all)));
    });
  }
}
