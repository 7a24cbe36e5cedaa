/** The broker's list of instruments: read when it is first needed, and again now and then; a failed read leaves the one there is. */
import type { Log } from "../src/application/log.ts";
import type { BrokerFailure, BrokerReference } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { ALWAYS, isMarketOpen } from "../src/domain/calendar.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { INSTRUMENT_REFRESH_MS } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import * as refusals from "./broker-manager.refusals.ts";
import type { BrokerManagerStorage } from "./broker-manager.storage.ts";

export class InstrumentMaster {
  readonly #broker: string;
  readonly #reference: BrokerReference;
  readonly #storage: BrokerManagerStorage;
  readonly #log: Log;
  #instruments: Map<InstrumentId, Instrument>;
  #refreshing: Promise<void> | null = null;
  /** Why the list could not be read last; null when it could. */
  #failure: BrokerFailure | null = null;

  constructor(broker: string, reference: BrokerReference, storage: BrokerManagerStorage, log: Log) {
    this.#broker = broker;
    this.#reference = reference;
    this.#storage = storage;
    this.#log = log;
    this.#instruments = storage.instruments();
  }

  /** The list; empty when it could not be read yet. */
  async have(): Promise<ReadonlyMap<InstrumentId, Instrument>> {
    if (this.#instruments.size === 0) await this.#refresh();
    return this.#instruments;
  }

  /** Those of them that this broker does not know. A list that could not be read proves nothing unknown. */
  async unknownOf(instruments: readonly InstrumentId[]): Promise<Result<InstrumentId[], ApiError>> {
    if (instruments.length === 0) return ok([]);
    const known = await this.have();
    if (known.size === 0) return err(refusals.noInstruments(this.#broker, this.#failure));
    return ok(instruments.filter((instrument) => !known.has(instrument)));
  }

  /** Null when this broker knows all of these. */
  async refuseUnknown(instruments: readonly InstrumentId[]): Promise<ApiError | null> {
    const unknown = await this.unknownOf(instruments);
    if (!unknown.ok) return unknown.error;
    return unknown.value.length > 0
      ? refusals.unknownInstruments(this.#broker, unknown.value)
      : null;
  }

  /** Whether its market is open; one that is not known here counts as open. */
  isOpen(instrument: InstrumentId, now: number): boolean {
    return isMarketOpen(this.#instruments.get(instrument)?.calendar ?? ALWAYS, now);
  }

  /** The hours of its market; null when it is not known here. */
  calendarOf(instrument: InstrumentId): string | null {
    return this.#instruments.get(instrument)?.calendar ?? null;
  }

  async refreshWhenOld(now: number): Promise<void> {
    const readAt = this.#storage.setting("master_read_at") ?? 0;
    if (now - readAt > INSTRUMENT_REFRESH_MS) await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= (async () => {
      const answer = await this.#reference.instruments();
      this.#failure = answer.ok ? null : answer.error;
      if (answer.ok) {
        const instruments = new Map(answer.value.map((one) => [one.id, one]));
        this.#storage.saveInstruments(this.#instruments, instruments);
        this.#storage.set("master_read_at", Date.now());
        this.#instruments = instruments;
      } else this.#log("warn", "instruments_unread", { reason: answer.error.reason });
    })().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }
}
