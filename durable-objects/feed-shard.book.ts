/**
 * The tick path of a shard: every update is cleaned, stamped and written as one line of text here, for
 * all consumers at once. It never stores, never calls out and never waits.
 */
import type { AssignedInstrument, Release } from "../src/application/ports.ts";
import {
  depthText,
  ltpFields,
  tickFields,
  tickLine,
  type TickStamp,
} from "../src/contract/link.ts";
import type { TickView } from "../src/contract/market.ts";
import { assert } from "../src/domain/assert.ts";
import { Cleaner, type CleaningRule } from "../src/domain/cleaning.ts";
import { ExchangeClock } from "../src/domain/exchange-clock.ts";
import { noteArrival } from "../src/domain/freshness.ts";
import { handOverPlace } from "../src/domain/hand-over.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  type FeedMode,
  type MarketUpdate,
  TICK_SEQ_PER_EPOCH,
  tickSeqBase,
} from "../src/domain/tick.ts";
import { isReleased, letGo, standBy, takeOver } from "./feed-shard.hand-over.ts";
import {
  comeBack,
  forgetLaterThan,
  groupsOf,
  type HeldInstrument,
  isDelivered,
  type KeptUpdate,
  keepForHandOver,
  lose,
  newlyHeld,
  retire,
} from "./feed-shard.held.ts";
import { type Standby, wasTaken } from "./feed-shard.standby.ts";
import { TickLog } from "./feed-shard.tick-log.ts";

export class TickBook {
  readonly held = new Map<InstrumentId, HeldInstrument>();
  readonly dropped: Record<string, number> = {};
  /** The exchange's, as the present connection states it. */
  readonly clock = new ExchangeClock();
  /** What was delivered, for bars and recordings. */
  readonly log: TickLog;
  ticks = 0;
  /** Epoch of the present broker connection. */
  #epoch = 0;
  /** Kept when an instrument leaves: within an epoch its numbers must never start again. */
  readonly #retired = new Map<InstrumentId, HeldInstrument>();
  #lastAlias = 0;
  readonly #stamp: TickStamp;
  readonly #onUnconfirmed: (held: HeldInstrument) => void;

  /** `onUnconfirmed` is told of a tick of an instrument that is not live yet, before it is delivered. */
  constructor(
    provider: string,
    onUnconfirmed: (held: HeldInstrument) => void,
    log = new TickLog(),
  ) {
    this.log = log;
    const providerJson = JSON.stringify(provider);
    this.#stamp = { providerJson, receivedTime: 0, epoch: 0, seq: 0, late: false };
    this.#onUnconfirmed = onUnconfirmed;
  }

  /**
   * Replaces what is held. What stays keeps its state; a hand-over delivers what was kept for it. `tellLost` is
   * told before that of those that tick, and that miss something that came before.
   */
  assign(
    assigned: readonly AssignedInstrument[],
    released: readonly Release[],
    now: number,
    tellLost: (lost: HeldInstrument[]) => void = () => {},
  ): void {
    const before = new Map(this.held);
    const rest: [HeldInstrument, KeptUpdate[]][] = [];
    const releases = new Map(released.map((release) => [release.instrument, release]));
    this.held.clear();
    for (const entry of assigned) {
      const held = before.get(entry.instrument) ?? this.#admit(entry.instrument);
      before.delete(entry.instrument);
      this.held.set(entry.instrument, held);
      rest.push([held, this.#place(held, entry, releases.get(entry.instrument) ?? null, now)]);
    }
    for (const held of before.values()) {
      retire(held);
      this.#retired.set(held.instrument, held);
    }
    const lost = [...this.held.values()].filter((held) => held.isLive && held.lostAt !== null);
    if (lost.some(isDelivered)) tellLost(lost.filter(isDelivered));
    for (const [held, kept] of rest)
      for (const { update, receivedTime } of kept) this.#deliver(held, update, receivedTime);
  }

  /** A new broker connection: its numbers start, and nothing is live until it says so. */
  openEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.clock.restart();
    for (const held of this.held.values()) {
      held.cadence.isFirst = true;
      this.#startEpoch(held);
    }
  }

  /** Everything that was live is lost from `at` on, until it is confirmed again. */
  lose(at: number): void {
    for (const held of this.held.values()) {
      if (held.isLive) lose(held, at);
      Object.assign(held, { isLive: false, alarm: null, resumesAfter: null });
      Object.assign(held, { kept: [], keptSince: null });
    }
  }

  /** The tick path. */
  take(update: MarketUpdate, receivedTime: number): void {
    const held = this.held.get(update.instrument);
    if (held === undefined) return this.count("not_wanted");
    if (!held.isLive) this.#onUnconfirmed(held);
    const depth = held.orderBook?.depth();
    if (depth) update.depth = depth;
    this.#judge(held, update, receivedTime);
  }

  /** Another socket of this shard delivers from now on. */
  goOn(standby: Pick<Standby, "rest">): void {
    for (const held of this.held.values())
      for (const { update, receivedTime } of standby.rest(held))
        // Times of one instrument never fall, even where this socket was the faster one.
        this.#judge(held, update, Math.max(receivedTime, held.receivedTime));
  }

  #judge(held: HeldInstrument, update: MarketUpdate, receivedTime: number): void {
    if (held.resumesAfter !== null && wasTaken(held, update)) return;
    held.taken = update;
    held.cleaner.take(update, receivedTime);
  }

  /** The exchange's clock was set: what it said of later than `exchangeTime` was said before. */
  forgetLaterThan(exchangeTime: number): void {
    for (const held of this.held.values()) forgetLaterThan(held, exchangeTime);
  }

  /** Stops delivering an instrument. */
  release(instrument: InstrumentId, now: number): Release {
    const held = this.held.get(instrument) ?? this.#retired.get(instrument);
    return held ? letGo(held, now) : { instrument, epoch: 0, last: null, wholeUntil: null };
  }

  /** The last delivered tick, or null. */
  quote(instrument: InstrumentId): TickView | null {
    const held = this.held.get(instrument);
    if (!held?.delivered) return null;
    return {
      ...held.delivered,
      receivedTime: held.receivedTime,
      provider: JSON.parse(this.#stamp.providerJson) as string,
      epoch: held.deliveredEpoch,
      seq: held.deliveredSeq,
      late: false,
    };
  }

  #admit(instrument: InstrumentId): HeldInstrument {
    const known = this.#retired.get(instrument);
    if (known) {
      this.#retired.delete(instrument);
      comeBack(known);
      this.#startEpoch(known);
      return known;
    }
    this.#lastAlias += 1;
    const held: HeldInstrument = {
      ...newlyHeld(instrument, this.#lastAlias, this.#epoch),
      cleaner: new Cleaner({
        pass: (update, receivedTime) => this.#pass(held, update, receivedTime),
        drop: (rule, update, receivedTime) => this.#drop(held, rule, update, receivedTime),
      }),
    };
    return held;
  }

  #place(
    held: HeldInstrument,
    entry: AssignedInstrument,
    release: Release | null,
    now: number,
  ): KeptUpdate[] {
    const isNewHandOver = (entry.handOver?.epoch ?? 0) > (held.handOver?.epoch ?? 0);
    held.handOver = entry.handOver;
    // What it answered in this life says more than what is stored of it.
    held.release = release && isReleased(release, entry) ? (held.release ?? release) : null;
    if (isNewHandOver) this.#startEpoch(held);
    if (entry.standby) standBy(held, now);
    else if (held.release) held.phase = "released";
    else if (held.phase === "standby")
      return takeOver(held, entry.handOver, now, this.clock.timeAt(now));
    else if (held.phase === "released") held.phase = "active";
    return [];
  }

  #startEpoch(held: HeldInstrument): void {
    const epoch = Math.max(this.#epoch, held.handOver?.epoch ?? 0);
    if (epoch <= held.epoch) return;
    held.epoch = epoch;
    held.ticksBefore += held.count;
    held.count = 0;
  }

  /** A good update, from the cleaner. */
  #pass(held: HeldInstrument, update: MarketUpdate, receivedTime: number): void {
    const { exchangeTime } = update;
    const observedAt =
      exchangeTime === null ? null : this.clock.observedAt(exchangeTime, receivedTime);
    noteArrival(held.cadence, receivedTime, exchangeTime, observedAt);
    if (held.phase === "active") this.#deliver(held, update, receivedTime);
    else this.#hold(held, update, receivedTime);
  }

  /** An update that its cleaner does not pass on. */
  #drop(
    held: HeldInstrument,
    rule: CleaningRule,
    update: MarketUpdate,
    receivedTime: number,
  ): void {
    if (rule === "out_of_order") this.#logLate(held, update, receivedTime);
    this.count(rule);
  }

  #hold(held: HeldInstrument, update: MarketUpdate, receivedTime: number): void {
    if (held.phase === "standby") {
      keepForHandOver(held.kept, { update, receivedTime });
    } else if (held.phase === "catching_up") {
      const mark = held.handOver?.after ?? null;
      const place = mark ? handOverPlace(mark, update) : "after";
      if (place !== "before") held.phase = "active";
      if (place === "after") this.#deliver(held, update, receivedTime);
      // Should it be given back, this is the first that nobody was told.
    } else held.lostAt ??= receivedTime;
  }

  #deliver(held: HeldInstrument, update: MarketUpdate, receivedTime: number): void {
    held.count += 1;
    assert(held.count < TICK_SEQ_PER_EPOCH, "an epoch's numbers are used up");
    held.delivered = update;
    held.receivedTime = receivedTime;
    held.deliveredEpoch = held.epoch;
    held.deliveredSeq = tickSeqBase(held.epoch) + held.count;
    this.ticks += 1;
    this.log.add(update, receivedTime, held.epoch, held.count);
    if (held.groups.length > 0) {
      const line = this.line(held, update, "quote");
      for (const group of held.groups) group.lines.push(line);
    }
    if (held.ltpGroups.length > 0 || held.depthGroups.length > 0) this.#deliverModes(held, update);
    for (const group of held.markGroups) group.changed.add(held);
  }

  #deliverModes(held: HeldInstrument, update: MarketUpdate): void {
    for (const mode of ["ltp", "depth"] as const) {
      const groups = groupsOf(held, mode);
      if (groups.length === 0) continue;
      const line = this.line(held, update, mode);
      for (const group of groups) group.lines.push(line);
    }
  }

  /** The line of the last delivered update of an instrument, with what the mode has of it. */
  line(held: HeldInstrument, update: MarketUpdate, mode: FeedMode): string {
    this.#stamp.receivedTime = held.receivedTime;
    this.#stamp.epoch = held.deliveredEpoch;
    this.#stamp.seq = held.deliveredSeq;
    const fields = tickFields(update, this.#stamp);
    if (mode === "ltp") return tickLine(held.alias, ltpFields(fields), null);
    const { depth } = update;
    const hasDepth = mode === "depth" && depth !== undefined;
    return tickLine(held.alias, fields, hasDepth ? depthText(depth) : null);
  }

  /** No consumer sees a trade that comes out of order, but its bar is amended. */
  #logLate(held: HeldInstrument, update: MarketUpdate, receivedTime: number): void {
    if (held.phase !== "active" || held.delivered === null) return;
    const count = held.deliveredSeq - tickSeqBase(held.deliveredEpoch);
    this.log.addLate(update, receivedTime, held.deliveredEpoch, count);
  }

  /** Counts what was not passed on. */
  count(reason: string): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }
}
