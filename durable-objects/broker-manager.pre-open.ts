/**
 * Asks each line of a broker for a price before its market opens (lesson 14). One that brings none is
 * replaced; then the session is renewed, where that needs nobody; then people are told. Led by the manager's
 * alarm: what was done is stored before it is done, so that an eviction repeats nothing.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { FeedShardPort } from "../src/application/ports.ts";
import type { Incident } from "../src/application/reconcile-port.ts";
import type { BrokerRules } from "../src/brokers/broker.ts";
import type { SessionView } from "../src/contract/brokers.ts";
import { PROBES_MAX } from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  type Opening,
  openingsAhead,
  type PreOpenState,
  preOpenState,
  remedyAfter,
} from "../src/domain/pre-open.ts";
import { laidDown } from "../src/platform/alerts.ts";
import { database } from "../src/storage/database.ts";
import { closeIncident } from "../src/storage/incidents.ts";

/** A line and what it delivers. */
export interface PreOpenLine {
  name: string;
  shard: Pick<FeedShardPort, "bringsPrices" | "replaceLine">;
  instruments: readonly InstrumentId[];
}

export interface PreOpenHost {
  broker: string;
  account: string;
  notes: { note(name: string): unknown; saveNote(name: string, content: unknown): void };
  lines(): PreOpenLine[];
  /** The hours of an instrument's market; null where nobody knows them, and where the broker keeps none. */
  calendarOf(instrument: InstrumentId): string | null;
  session: {
    view(): Pick<SessionView, "signIn">;
    renew(proof: object): Promise<{ ok: boolean }>;
  };
  tell(incident: Incident): Promise<void>;
  /** What was told is over. */
  takeBack(id: string, at: number): Promise<void>;
  log: Log;
}

interface Surroundings extends Pick<
  PreOpenHost,
  "broker" | "account" | "session" | "lines" | "log"
> {
  storage: PreOpenHost["notes"];
  master: { calendarOf(instrument: InstrumentId): string | null };
  rules: Pick<BrokerRules, "calendarAlwaysOpen">;
}

export const preOpen = (env: Env, around: Surroundings): PreOpen =>
  new PreOpen({
    ...around,
    notes: around.storage,
    calendarOf: (id) => (around.rules.calendarAlwaysOpen ? null : around.master.calendarOf(id)),
    tell: laidDown(env),
    takeBack: (id, at) => closeIncident(database(env.DB), id, at),
  });

const NOTE = "pre_open";

export class PreOpen {
  readonly #host: PreOpenHost;
  #isLooking = false;

  constructor(host: PreOpenHost) {
    this.#host = host;
  }

  /** By the alarm. What fails is tried again at the next one. */
  async look(now: number): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const lines = this.#host.lines();
      const calendars = lines.flatMap(({ instruments }) =>
        instruments.flatMap((id) => this.#host.calendarOf(id) ?? []),
      );
      for (const opening of openingsAhead(calendars, now)) await this.#ask(opening, lines);
    } catch (error) {
      this.#host.log("error", "pre_open_failed", { error: errorText(error) });
    } finally {
      this.#isLooking = false;
    }
  }

  async #ask(opening: Opening, lines: readonly PreOpenLine[]): Promise<void> {
    const { calendar, opensAt } = opening;
    const state = preOpenState(this.#states()[calendar], opensAt);
    if (state.isProven) return;
    const silent = await this.#silentOf(calendar, lines);
    const { broker, log } = this.#host;
    if (silent.length === 0) {
      log("info", "pre_open_proven", { calendar, opensAt, silentLooks: state.silentLooks });
      if (state.silentLooks > 0) await this.#host.takeBack(idOf(broker, opening), Date.now());
      return this.#save(calendar, { ...state, isProven: true });
    }
    const silentLooks = state.silentLooks + 1;
    const names = silent.map(({ name }) => name).join(", ");
    log("warn", "pre_open_silent", { calendar, silentLooks, lines: names });
    await this.#help(opening, { ...state, silentLooks }, silent);
  }

  async #help(
    opening: Opening,
    state: PreOpenState,
    silent: readonly PreOpenLine[],
  ): Promise<void> {
    const { session, broker, account } = this.#host;
    const remedy = remedyAfter(state.silentLooks);
    // Told under one id, again if need be: it is stored as told only when it was.
    if (remedy === "tell") await this.#host.tell(incidentOf(opening, { broker, account, silent }));
    this.#save(opening.calendar, state);
    if (remedy === "replace_lines")
      await Promise.all(silent.map(({ shard }) => shard.replaceLine("no price before the open")));
    if (remedy === "sign_in" && session.view().signIn === "automatic") await session.renew({});
  }

  /** The lines that bring no price of this calendar's market; one that cannot be asked brings none. */
  async #silentOf(calendar: string, lines: readonly PreOpenLine[]): Promise<PreOpenLine[]> {
    const asked = lines.map(async (line) => {
      const probes = line.instruments
        .filter((id) => this.#host.calendarOf(id) === calendar)
        .slice(0, PROBES_MAX);
      if (probes.length === 0) return [];
      const brings = await line.shard.bringsPrices(probes).catch(() => false);
      return brings ? [] : [line];
    });
    return (await Promise.all(asked)).flat();
  }

  #states(): Record<string, PreOpenState> {
    return (this.#host.notes.note(NOTE) ?? {}) as Record<string, PreOpenState>;
  }

  #save(calendar: string, state: PreOpenState): void {
    this.#host.notes.saveNote(NOTE, { ...this.#states(), [calendar]: state });
  }
}

const idOf = (broker: string, { calendar, opensAt }: Opening): string =>
  `pre-open:${broker}:${calendar}:${opensAt}`;

const incidentOf = (
  opening: Opening,
  at: { broker: string; account: string; silent: readonly PreOpenLine[] },
): Incident => ({
  id: idOf(at.broker, opening),
  at: Date.now(),
  account: at.account,
  severity: "serious",
  title: `No prices from ${at.broker} before ${opening.calendar} opens`,
  message: `${opening.calendar} opens at ${new Date(opening.opensAt).toISOString()}. ${at.silent.map(({ name }) => name).join(", ")} brought no price when asked, on a new connection and after a new sign-in where that needs no person. Unless another provider is fresh, entries will be refused. Look at the page System, Brokers, and sign in there.`,
});
