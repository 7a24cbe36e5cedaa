/** What must be known of providers after an eviction: states, overrides, who was told what, and the history. */
import type { ProviderSwitchView } from "../src/contract/providers.ts";
import type { FailoverState, SwitchCause } from "../src/domain/failover.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { PROVIDER_SWITCHES_KEPT_MAX } from "../src/domain/provider-limits.ts";

export interface ProviderRow {
  instrument: InstrumentId;
  state: FailoverState;
  /** Somebody gets its ticks now. */
  isWatched: boolean;
  /** Of the last switch, among all instruments; 0 before the first. */
  version: number;
}

type Setting = "version" | "alert_since" | "alert_open" | "standby" | "epochs";

export class ProviderStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS provider (instrument TEXT PRIMARY KEY, state TEXT NOT NULL, is_watched INTEGER NOT NULL, version INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS provider_rank (instrument TEXT PRIMARY KEY, ranked TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS provider_told (follower TEXT PRIMARY KEY, version INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS provider_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS provider_switch (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, instrument TEXT NOT NULL,
        kind TEXT NOT NULL, from_provider TEXT NOT NULL, to_provider TEXT, cause TEXT, term INTEGER NOT NULL);
    `);
  }

  rows(): Map<InstrumentId, ProviderRow> {
    const rows = this.#sql
      .exec<{ instrument: string; state: string; is_watched: number; version: number }>(
        "SELECT * FROM provider",
      )
      .toArray();
    return new Map(
      rows.map(({ instrument, state, is_watched: isWatched, version }) => [
        instrument,
        {
          instrument,
          state: JSON.parse(state) as FailoverState,
          isWatched: isWatched === 1,
          version,
        },
      ]),
    );
  }

  save({ instrument, state, isWatched, version }: ProviderRow): void {
    this.#sql.exec(
      "INSERT INTO provider VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET state = ?2, is_watched = ?3, version = ?4",
      instrument,
      JSON.stringify(state),
      isWatched ? 1 : 0,
      version,
    );
  }

  forget(instrument: InstrumentId): void {
    this.#sql.exec("DELETE FROM provider WHERE instrument = ?", instrument);
  }

  ranks(): Map<InstrumentId, string[]> {
    const rows = this.#sql
      .exec<{ instrument: string; ranked: string }>("SELECT * FROM provider_rank")
      .toArray();
    return new Map(
      rows.map(({ instrument, ranked }) => [instrument, JSON.parse(ranked) as string[]]),
    );
  }

  saveRanks(instrument: InstrumentId, ranked: readonly string[] | null): void {
    if (ranked === null)
      this.#sql.exec("DELETE FROM provider_rank WHERE instrument = ?", instrument);
    else
      this.#sql.exec(
        "INSERT INTO provider_rank VALUES (?1, ?2) ON CONFLICT DO UPDATE SET ranked = ?2",
        instrument,
        JSON.stringify(ranked),
      );
  }

  /** The version up to which a follower has taken every switch. */
  told(follower: string): number {
    const [row] = this.#sql
      .exec<{ version: number }>("SELECT version FROM provider_told WHERE follower = ?", follower)
      .toArray();
    return row?.version ?? 0;
  }

  saveTold(follower: string, version: number): void {
    this.#sql.exec(
      "INSERT INTO provider_told VALUES (?1, ?2) ON CONFLICT DO UPDATE SET version = ?2",
      follower,
      version,
    );
  }

  setting(name: Setting): string | null {
    const [row] = this.#sql
      .exec<{ value: string }>("SELECT value FROM provider_setting WHERE name = ?", name)
      .toArray();
    return row?.value ?? null;
  }

  set(name: Setting, value: string | null): void {
    if (value === null) this.#sql.exec("DELETE FROM provider_setting WHERE name = ?", name);
    else
      this.#sql.exec(
        "INSERT INTO provider_setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
        name,
        value,
      );
  }

  nextVersion(): number {
    const version = Number(this.setting("version") ?? 0) + 1;
    this.set("version", String(version));
    return version;
  }

  addSwitch(event: Omit<ProviderSwitchView, "id">): void {
    const { at, instrument, kind, from, to, cause, term } = event;
    this.#sql.exec(
      "INSERT INTO provider_switch (at, instrument, kind, from_provider, to_provider, cause, term) VALUES (?, ?, ?, ?, ?, ?, ?)",
      at,
      instrument,
      kind,
      from,
      to,
      cause,
      term,
    );
    this.#sql.exec(
      "DELETE FROM provider_switch WHERE id <= (SELECT MAX(id) FROM provider_switch) - ?",
      PROVIDER_SWITCHES_KEPT_MAX,
    );
  }

  /** Newest first, older than `before`. */
  switches(before: number | null, limit: number): ProviderSwitchView[] {
    return this.#sql
      .exec<{
        id: number;
        at: number;
        instrument: string;
        kind: ProviderSwitchView["kind"];
        from: string;
        to: string | null;
        cause: SwitchCause | null;
        term: number;
      }>(
        `SELECT id, at, instrument, kind, from_provider AS "from", to_provider AS "to", cause, term
         FROM provider_switch WHERE id < ? ORDER BY id DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .toArray();
  }
}
