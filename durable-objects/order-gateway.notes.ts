/** A gateway's notes in its SQLite, each prefix read once: the path of every order asks whether there is one. */
import type { NoteName, NotePrefix } from "../src/application/gateway/ports.ts";
import type { GatewayMemory, Notes } from "./order-gateway.memory.ts";

type Row = { name: string; body: string };

/** Notes of orders that have ended are many, and seldom asked for. */
const NOT_KEPT: NotePrefix = "bracket-ended:";

export class GatewayNotes {
  readonly #sql: SqlStorage;
  readonly #memory: GatewayMemory;

  constructor(sql: SqlStorage, memory: GatewayMemory) {
    this.#sql = sql;
    this.#memory = memory;
  }

  note(name: NoteName): string | null {
    const prefix = name.slice(0, name.indexOf(":") + 1) as NotePrefix;
    if (prefix !== NOT_KEPT) return this.#kept(prefix).byName.get(name) ?? null;
    const query = "SELECT body FROM notes WHERE name = ?";
    return this.#sql.exec<{ body: string }>(query, name).toArray()[0]?.body ?? null;
  }

  set(name: NoteName, body: string | null): void {
    if (body === null) this.#sql.exec("DELETE FROM notes WHERE name = ?", name);
    else this.#sql.exec("INSERT OR REPLACE INTO notes VALUES (?, ?)", name, body);
    this.#memory.notes.delete(name.slice(0, name.indexOf(":") + 1) as NotePrefix);
  }

  /** The same array as long as nothing has changed. */
  all(prefix: NotePrefix): string[] {
    if (prefix !== NOT_KEPT) return this.#kept(prefix).bodies;
    return this.#read(prefix).map(({ body }) => body);
  }

  #kept(prefix: NotePrefix): Notes {
    const known = this.#memory.notes.get(prefix);
    if (known) return known;
    const rows = this.#read(prefix);
    const byName = new Map(rows.map(({ name, body }) => [name, body]));
    const notes = { byName, bodies: rows.map(({ body }) => body) };
    this.#memory.notes.set(prefix, notes);
    return notes;
  }

  #read(prefix: NotePrefix): Row[] {
    // The prefix ends in ":", and ";" is the character after it.
    const after = `${prefix.slice(0, -1)};`;
    return this.#sql
      .exec<Row>(
        "SELECT name, body FROM notes WHERE name >= ? AND name < ? ORDER BY name",
        prefix,
        after,
      )
      .toArray();
  }
}
