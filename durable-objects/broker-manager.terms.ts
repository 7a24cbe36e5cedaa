/** By what each instrument's data is judged, as the operator set it; what was never set is the default. */
import type { FeedTerms } from "../src/application/ports.ts";
import type { BrokerRules } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { CleaningView } from "../src/contract/quality.ts";
import { ALWAYS } from "../src/domain/calendar.ts";
import { CLEANING_DEFAULTS, type CleaningSettings } from "../src/domain/cleaning.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { err, ok, type Result } from "../src/domain/result.ts";

/** Who else has a say in what is asked of an instrument's terms. */
export interface TermsSurroundings {
  master: {
    have(): Promise<ReadonlyMap<InstrumentId, Instrument>>;
    refuseUnknown(instruments: readonly InstrumentId[]): Promise<ApiError | null>;
  };
  rules: Pick<BrokerRules, "calendarAlwaysOpen">;
  /** Shards that hold something follow at once. */
  teach(terms: FeedTerms[]): Promise<void>;
}

/** The terms of what the broker knows, and changes of them. */
export class Terms {
  readonly #storage: TermsStorage;
  readonly #around: TermsSurroundings;

  constructor(storage: TermsStorage, around: TermsSurroundings) {
    this.#storage = storage;
    this.#around = around;
  }

  async views(instruments: readonly InstrumentId[]): Promise<Result<CleaningView[], ApiError>> {
    const unknown = await this.#around.master.refuseUnknown(this.#storage.unset(instruments));
    return unknown ? err(unknown) : ok(instruments.map((id) => this.#storage.view(id)));
  }

  /** Null goes back to the default. */
  async set(
    instrument: InstrumentId,
    settings: CleaningSettings | null,
  ): Promise<Result<CleaningView, ApiError>> {
    const isTakenBack = settings === null && this.#storage.has(instrument);
    const unknown = isTakenBack ? null : await this.#around.master.refuseUnknown([instrument]);
    if (unknown) return err(unknown);
    this.#storage.set(instrument, settings);
    await this.#around.teach(await this.of([instrument]));
    return ok(this.#storage.view(instrument));
  }

  async of(instruments: readonly InstrumentId[]): Promise<FeedTerms[]> {
    const { master, rules } = this.#around;
    return this.#storage.terms(instruments, await master.have(), rules.calendarAlwaysOpen);
  }
}

export class TermsStorage {
  readonly #sql: SqlStorage;
  readonly #provider: string;
  readonly #settings: Map<InstrumentId, CleaningSettings>;

  constructor(sql: SqlStorage, provider: string) {
    this.#sql = sql;
    this.#provider = provider;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS cleaning (instrument TEXT PRIMARY KEY, settings TEXT NOT NULL)",
    );
    const rows = sql.exec<{ instrument: string; settings: string }>("SELECT * FROM cleaning");
    this.#settings = new Map(
      rows
        .toArray()
        .map(({ instrument, settings }) => [instrument, JSON.parse(settings) as CleaningSettings]),
    );
  }

  /** Whether it was set. That can be taken back, also when the broker does not list the instrument any more. */
  has(instrument: InstrumentId): boolean {
    return this.#settings.has(instrument);
  }

  unset(instruments: readonly InstrumentId[]): InstrumentId[] {
    return instruments.filter((instrument) => !this.has(instrument));
  }

  /** Null goes back to the default. */
  set(instrument: InstrumentId, settings: CleaningSettings | null): void {
    if (settings === null) {
      this.#sql.exec("DELETE FROM cleaning WHERE instrument = ?", instrument);
      this.#settings.delete(instrument);
      return;
    }
    this.#sql.exec(
      "INSERT INTO cleaning VALUES (?1, ?2) ON CONFLICT DO UPDATE SET settings = ?2",
      instrument,
      JSON.stringify(settings),
    );
    this.#settings.set(instrument, settings);
  }

  view(instrument: InstrumentId): CleaningView {
    const settings = this.#settings.get(instrument);
    const { off, spikeBand, clockSkewMs } = settings ?? CLEANING_DEFAULTS;
    return {
      instrument,
      provider: this.#provider,
      off: [...off],
      spikeBand,
      clockSkewMs,
      isDefault: settings === undefined,
    };
  }

  /** Instruments that the broker does not know any more have no terms. */
  terms(
    instruments: readonly InstrumentId[],
    known: ReadonlyMap<InstrumentId, Instrument>,
    isAlwaysOpen: boolean,
  ): FeedTerms[] {
    return instruments.flatMap((instrument) => {
      const calendar = known.get(instrument)?.calendar;
      if (calendar === undefined) return [];
      const cleaning = this.#settings.get(instrument) ?? CLEANING_DEFAULTS;
      return { instrument, calendar: isAlwaysOpen ? ALWAYS : calendar, cleaning };
    });
  }
}
