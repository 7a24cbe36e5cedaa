/**
 * From which provider a market takes each instrument. A switch closes the door to the one before at
 * once, asks the new one for numbers above all that were seen, and tells the gap when its first tick
 * comes: for an algo the instrument's numbers only rise, whoever brings them.
 */
import type { ActiveProvider } from "../src/application/ports.ts";
import { receivedTimeOfFields } from "../src/contract/link.ts";
import type { StreamMessage } from "../src/contract/stream.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { epochOfSeq } from "../src/domain/tick.ts";
import type { Board, BoardInstrument } from "./market.board.ts";
import type { MarketStorage } from "./market.storage.ts";

/** A question for an instrument's provider is answered long before, with its switch: what nobody here asked about by then is not kept. */
const EARLY_SWITCH_KEPT_MS = 60_000;

export interface ProvidersHost {
  /** To every socket that holds any of these instruments, naming those it holds. */
  tell(
    instruments: readonly InstrumentId[],
    message: (instruments: InstrumentId[]) => StreamMessage,
  ): void;
  /** What is wanted has to be declared anew. */
  changed(): void;
}

interface Taken {
  provider: string;
  /** Of the switch that led to it; 0 before the first. */
  term: number;
  /** The highest epoch that was seen here, or heard of by the market manager, from another provider. */
  above: number;
  reason: string;
}

const NO_SWITCH: Omit<Taken, "provider"> = { term: 0, above: 0, reason: "" };

export class MarketProviders {
  readonly #board: Board;
  readonly #storage: MarketStorage;
  readonly #host: ProvidersHost;
  readonly #taken = new Map<InstrumentId, Taken>();
  /** Switches of instruments that this market does not know yet, each with when it came: one may be under way to being known. */
  readonly #early = new Map<InstrumentId, { active: ActiveProvider; at: number }>();

  constructor(board: Board, storage: MarketStorage, host: ProvidersHost) {
    this.#board = board;
    this.#storage = storage;
    this.#host = host;
    const switches = new Map(storage.switches().map((one) => [one.instrument, one]));
    for (const { instrument, provider, alias } of storage.instruments()) {
      board.admit(instrument, alias, provider);
      const { term = 0, above = 0 } = switches.get(instrument) ?? {};
      this.#taken.set(instrument, { provider, term, above, reason: "" });
    }
  }

  has(instrument: InstrumentId): boolean {
    return this.#taken.has(instrument);
  }

  of(instrument: InstrumentId): string {
    return this.#taken.get(instrument)?.provider ?? "";
  }

  above(instrument: InstrumentId): number {
    return this.#taken.get(instrument)?.above ?? 0;
  }

  /** Gives a new instrument its place on the board, by what the market manager answered, or a switch that was told meanwhile. */
  know(instrument: InstrumentId, asked: string, by = NO_SWITCH): void {
    const early = this.#early.get(instrument)?.active;
    this.#early.delete(instrument);
    const answer = { provider: asked, ...by };
    const { provider, term, above, reason } = early && early.term > by.term ? early : answer;
    const { alias } = this.#storage.know(instrument, provider);
    if (term > 0) this.#storage.saveSwitch(instrument, term, above);
    this.#taken.set(instrument, { provider, term, above, reason });
    this.#board.admit(instrument, alias, provider);
  }

  /** Takes switches; older ones than those taken change nothing. */
  take(providers: readonly ActiveProvider[]): void {
    const now = Date.now();
    for (const [instrument, { at }] of this.#early)
      if (now - at > EARLY_SWITCH_KEPT_MS) this.#early.delete(instrument);
    const byReason = new Map<string, InstrumentId[]>();
    let isAnyTaken = false;
    for (const active of providers) {
      const { instrument, reason } = active;
      const taken = this.#taken.get(instrument);
      if (!taken) this.#early.set(instrument, { active, at: now });
      if (!taken || active.term <= taken.term) continue;
      isAnyTaken = true;
      if (this.#switch(active, taken))
        byReason.set(reason, [...(byReason.get(reason) ?? []), instrument]);
    }
    for (const [message, concerned] of byReason)
      this.#host.tell(concerned, (instruments) => ({
        type: "status",
        subject: "feed",
        state: "switched",
        instruments,
        message,
      }));
    // Also where it came from there already: its numbers may have to be higher.
    if (isAnyTaken) this.#host.changed();
  }

  /** The first tick from the new provider is here: what may be missing is told before it. */
  resumed(one: BoardInstrument): void {
    const { instrument, provider, gapFrom } = one;
    one.gapFrom = null;
    if (gapFrom === null) return;
    const reason = this.#taken.get(instrument)?.reason ?? "";
    const to = Math.max(gapFrom, Date.now());
    this.#host.tell([instrument], (instruments) => ({
      type: "gap",
      instruments,
      from: gapFrom,
      to,
      provider,
      reason,
    }));
  }

  /** True when it now comes from another provider than before. */
  #switch(active: ActiveProvider, taken: Taken): boolean {
    const { instrument, provider, term, reason } = active;
    const one = this.#board.get(instrument);
    const isElsewhere = provider !== one?.provider;
    // After an eviction nothing was seen here, though the algos have seen what came before.
    const seen = isElsewhere ? epochOfSeq(one?.seq ?? 0) : 0;
    const above = Math.max(taken.above, active.above, seen);
    this.#taken.set(instrument, { provider, term, above, reason });
    this.#storage.know(instrument, provider);
    this.#storage.saveSwitch(instrument, term, above);
    if (!one || !isElsewhere) return false;
    one.provider = provider;
    one.isLive = null;
    one.alarm = null;
    if (one.fields !== null) one.gapFrom ??= receivedTimeOfFields(one.fields);
    return true;
  }
}
