/**
 * Leads each instrument from provider to provider: hears from the shards how it is there, lets the pure
 * rules of `domain/failover.ts` decide, keeps the next ones subscribed and ready, and tells everyone who
 * gets ticks or marks. It is not on the tick path.
 */
import { z } from "zod";
import type {
  ActiveProvider,
  FeedAlert,
  HealthReport,
  ProvidersPort,
} from "../src/application/provider-ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { Page, PageQuery } from "../src/contract/primitives.ts";
import type { ProvidersView, ProviderSwitchView } from "../src/contract/providers.ts";
import type { Session } from "../src/domain/calendar.ts";
import * as failover from "../src/domain/failover.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { boundsIn, PROVIDER_REPORT_LOST_MS } from "../src/domain/provider-limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { decodeCursor, pageFrom } from "../src/storage/cursor.ts";
import { type DutiesHost, ProviderDuties } from "./market-manager.duties.ts";
import { FeedIncident, type FeedIncidentHost } from "./market-manager.incident.ts";
import { ProviderEpochs } from "./market-manager.epochs.ts";
import { ProviderHealths } from "./market-manager.health.ts";
import type { Masters } from "./market-manager.masters.ts";
import type { ProviderRow } from "./market-manager.provider-storage.ts";
import * as answers from "./market-manager.provider-answers.ts";

export interface ProvidersHost extends Omit<DutiesHost, "epochs"> {
  masters: Masters;
  /** Best first, for instruments without an override. */
  defaultRanks: readonly string[];
  /** The session in which it trades now; null while its market is shut, which nobody is to blame for. */
  session(instrument: InstrumentId, now: number): Session | null;
  incidents: Pick<FeedIncidentHost, "layDown" | "close">;
}

const cursorKey = z.tuple([z.number()]);

export class Providers implements ProvidersPort {
  readonly #host: ProvidersHost;
  readonly #rows: Map<InstrumentId, ProviderRow>;
  readonly #ranks: Map<InstrumentId, string[]>;
  readonly #healths: ProviderHealths;
  readonly #epochs: ProviderEpochs;
  /** Watched before an eviction: wanted until the shards have had time to say otherwise. */
  readonly #restored: Set<InstrumentId>;
  readonly #startedAt: number;
  readonly #duties: ProviderDuties;
  readonly #incident: FeedIncident;

  constructor(host: ProvidersHost, now: number) {
    this.#host = host;
    this.#rows = host.storage.rows();
    this.#ranks = host.storage.ranks();
    this.#healths = new ProviderHealths();
    this.#epochs = new ProviderEpochs(host.storage);
    this.#startedAt = now;
    this.#incident = new FeedIncident({ ...host, ...host.incidents });
    this.#duties = new ProviderDuties({ ...host, epochs: this.#epochs }, () => this.#rows.values());
    this.#restored = new Set(
      [...this.#rows.values()].flatMap((row) => (row.isWatched ? [row.instrument] : [])),
    );
  }

  async providerOf(instruments: InstrumentId[]): Promise<Record<InstrumentId, string>> {
    await this.#host.masters.read();
    return Object.fromEntries(
      instruments.flatMap((instrument) => {
        const provider = this.#rows.get(instrument)?.state.carrier ?? this.#ranked(instrument)[0];
        return provider === undefined ? [] : [[instrument, provider]];
      }),
    );
  }

  async activeProviders(instruments: InstrumentId[]): Promise<ActiveProvider[]> {
    const providers = await this.providerOf(instruments);
    return instruments.flatMap((instrument) => {
      const row = this.#rows.get(instrument);
      if (row) return [answers.activeOf(row, this.#epochs)];
      const provider = providers[instrument];
      return provider === undefined ? [] : [answers.neverSwitched(instrument, provider)];
    });
  }

  async health(report: HealthReport): Promise<void> {
    await this.#host.masters.read();
    const now = Date.now();
    this.#epochs.hear(report.provider, report.epoch);
    for (const instrument of this.#healths.take(report, now))
      this.#hear(instrument, report.provider, now);
    this.#after(now);
  }

  /** By alarm: what time alone changes, and whatever could not be carried out before. */
  async look(now: number): Promise<void> {
    for (const { instrument, provider } of this.#healths.lose(now - PROVIDER_REPORT_LOST_MS))
      this.#hear(instrument, provider, now);
    for (const row of this.#rows.values()) {
      const at = this.#nextLookAt(row, now);
      if (at !== null && at <= now) this.#take(row, { kind: "look" }, now);
    }
    this.#after(now);
    await this.#duties.done;
  }

  async providers(instrument: InstrumentId): Promise<Result<ProvidersView, ApiError>> {
    await this.#host.masters.read();
    const ranked = this.#ranked(instrument);
    if (ranked.length === 0) return err(answers.unknownInstrument(instrument));
    return ok(this.#view(instrument));
  }

  async watchedProviders(): Promise<ProvidersView[]> {
    const watched = [...this.#rows.values()].filter(({ isWatched }) => isWatched);
    return watched.map(({ instrument }) => this.#view(instrument));
  }

  async rankProviders(
    instrument: InstrumentId,
    ranked: string[] | null,
  ): Promise<Result<ProvidersView, ApiError>> {
    await this.#host.masters.read();
    const known = this.#host.masters.brokersOf(instrument);
    if (known.length === 0) return err(answers.unknownInstrument(instrument));
    const strangers = (ranked ?? []).filter((provider) => !known.includes(provider));
    if (strangers.length > 0) return err(answers.notGivenBy(instrument, strangers, known));
    const now = Date.now();
    this.#host.storage.saveRanks(instrument, ranked);
    if (ranked === null) this.#ranks.delete(instrument);
    else this.#ranks.set(instrument, ranked);
    const row = this.#rows.get(instrument);
    if (row) this.#take(row, { kind: "ranks", ranked: this.#ranked(instrument) }, now);
    this.#after(now);
    return ok(this.#view(instrument));
  }

  async switches(query: PageQuery): Promise<Result<Page<ProviderSwitchView>, ApiError>> {
    const after = decodeCursor(query.cursor, cursorKey);
    if (!after.ok) return after;
    const rows = this.#host.storage.switches(after.value?.[0] ?? null, query.limit + 1);
    return ok(
      pageFrom(
        rows,
        query.limit,
        ({ id }) => [id],
        (row) => row,
      ),
    );
  }

  async feedAlert(): Promise<FeedAlert | null> {
    const since = this.#host.storage.setting("alert_since");
    return since === null ? null : { since: Number(since), instruments: this.#down().length };
  }

  #view(instrument: InstrumentId): ProvidersView {
    const ranked = this.#ranked(instrument);
    const state = this.#rows.get(instrument)?.state ?? failover.startFailover(ranked, Date.now());
    return answers.view(instrument, state, this.#ranks.has(instrument));
  }

  /** Best first: the override or the deployment's order, those that know the instrument. */
  #ranked(instrument: InstrumentId): string[] {
    const known = this.#host.masters.brokersOf(instrument);
    const set = this.#ranks.get(instrument)?.filter((provider) => known.includes(provider)) ?? [];
    if (set.length > 0) return set;
    const usual = this.#host.defaultRanks.filter((provider) => known.includes(provider));
    // A broker that is in nobody's order is still the only one for what it alone lists.
    return usual.length > 0 ? usual : known.slice(0, 1);
  }

  /** Takes what the shards say of one instrument at one provider. */
  #hear(instrument: InstrumentId, provider: string, now: number): void {
    const isWanted = this.#isWanted(instrument, now);
    const known = this.#rows.get(instrument);
    if (!known && !isWanted) return;
    const row = known ?? this.#begin(instrument, now);
    if (row.isWatched !== isWanted) {
      const state = isWanted ? failover.wantedAgain(row.state, now) : row.state;
      this.#save({ ...row, state, isWatched: isWanted });
    }
    this.#rankMore(instrument, now);
    const watched = this.#rows.get(instrument) ?? row;
    const state = this.#healths.stateOf(instrument, provider);
    this.#take(watched, { kind: "health", provider, state }, now);
    // Nobody gets it, and nothing sets it apart from one that was never watched.
    if (!isWanted && watched.version === 0) {
      this.#rows.delete(instrument);
      this.#host.storage.forget(instrument);
    }
  }

  /** A broker whose list could not be read before may give it, too. One whose list cannot be read for now keeps its rank. */
  #rankMore(instrument: InstrumentId, now: number): void {
    const row = this.#rows.get(instrument);
    const ranked = this.#ranked(instrument);
    const before = row?.state.ranked ?? [];
    if (row && ranked.length > before.length && before.every((one) => ranked.includes(one)))
      this.#take(row, { kind: "ranks", ranked }, now);
  }

  #isWanted(instrument: InstrumentId, now: number): boolean {
    if (this.#healths.isWanted(instrument)) {
      this.#restored.delete(instrument);
      return true;
    }
    return this.#restored.has(instrument) && now - this.#startedAt < PROVIDER_REPORT_LOST_MS;
  }

  #begin(instrument: InstrumentId, now: number): ProviderRow {
    const state = failover.startFailover(this.#ranked(instrument), now);
    const row = { instrument, state, isWatched: true, version: 0 };
    this.#save(row);
    return row;
  }

  #take(row: ProviderRow, event: failover.FailoverEvent, now: number): void {
    const { instrument } = row;
    const session = row.isWatched ? this.#host.session(instrument, now) : null;
    const step = session
      ? failover.failover(row.state, event, now, boundsIn(session))
      : { state: failover.noted(row.state, event, now), happened: [] };
    if (step.state === row.state) return;
    const isSwitch = step.happened.some(({ kind }) => kind === "switch");
    const version = isSwitch ? this.#host.storage.nextVersion() : row.version;
    this.#save({ ...row, state: step.state, version });
    for (const happening of step.happened) this.#record(row, step.state, happening, now);
  }

  #record(
    { instrument, state: { carrier } }: ProviderRow,
    { term }: failover.FailoverState,
    happening: failover.FailoverHappening,
    at: number,
  ): void {
    const isSwitch = happening.kind === "switch";
    const event = {
      at,
      instrument,
      kind: happening.kind,
      from: isSwitch ? happening.from : carrier,
      to: isSwitch ? happening.to : null,
      cause: isSwitch ? happening.cause : null,
      term,
    };
    this.#host.storage.addSwitch(event);
    this.#host.log(isSwitch ? "warn" : "info", `provider_${happening.kind}`, event);
  }

  #save(row: ProviderRow): void {
    this.#rows.set(row.instrument, row);
    this.#host.storage.save(row);
  }

  #down(): InstrumentId[] {
    return [...this.#rows.values()].flatMap(({ instrument, state, isWatched }) =>
      isWatched && state.isDown ? [instrument] : [],
    );
  }

  /** One alert while anything is down, however many instruments and however often they come and go. */
  #alert(now: number): void {
    const { storage, log } = this.#host;
    const since = storage.setting("alert_since");
    const down = this.#down().length;
    if (down > 0 && since === null) {
      storage.set("alert_since", String(now));
      log("error", "feed_down", { instruments: down });
    } else if (down === 0 && since !== null) {
      storage.set("alert_since", null);
      log("info", "feed_up", { downMs: now - Number(since) });
    }
  }

  /** When time alone may change something; null also while nothing may be decided: a look would lead to the next. */
  #nextLookAt({ instrument, state, isWatched }: ProviderRow, now: number): number | null {
    if (!isWatched) return null;
    const session = this.#host.session(instrument, now);
    return session && failover.nextLookAt(state, boundsIn(session));
  }

  #after(now: number): void {
    this.#alert(now);
    void this.#incident.settle(this.#down().length, now);
    this.#duties.carryOutSoon();
    const looks = [...this.#rows.values()].flatMap((row) => this.#nextLookAt(row, now) ?? []);
    if (looks.length > 0) this.#host.wakeAt(Math.min(...looks));
    else if ([...this.#rows.values()].some(({ isWatched }) => isWatched))
      this.#host.wakeAt(now + PROVIDER_REPORT_LOST_MS);
  }
}
