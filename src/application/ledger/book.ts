/**
 * The ledger's memory, its storage and its outbox as one: every change is decided, applied and stored
 * in one synchronous transaction. When anything in it throws, nothing is stored and memory is built
 * again. It talks to nobody.
 */
import type { LedgerNotice } from "../ports.ts";
import type { Order, OrderEvent, OrderPost } from "../../domain/order.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { MARKS_AGE_LOOK_MS } from "../../domain/ledger-limits.ts";
import { MARKS_STORE_INTERVAL_MS } from "../../domain/limits.ts";
import { priceAdopted } from "../../domain/risk/adoption.ts";
import { applyMarks } from "../../domain/risk/exposure.ts";
import { EXTERNAL_ALGO } from "../../domain/risk/external.ts";
import { forgetMarks, marksToStore } from "../../domain/risk/kept-marks.ts";
import { forgetEnded, type Change, type LedgerEvent } from "../../domain/risk/ledger.ts";
import { packControls, type ControlChange } from "../../domain/risk/controls.ts";
import { DenialCounts } from "../../domain/risk/repeated-denials.ts";
import { addOrder } from "../../domain/risk/restore.ts";
import {
  tradingDay,
  type Holding,
  type LedgerOrder,
  type LedgerState,
} from "../../domain/risk/state.ts";
import { ageMarks } from "../../domain/risk/valued.ts";
import type { Mark } from "../../domain/tick.ts";
import { overfillIncident } from "./overfill.ts";
import type { LedgerOutbox, LedgerStore } from "./ports.ts";
import { applyOrThrow } from "./set-aside.ts";
import { uncommitted } from "./uncommitted.ts";
import { currencyOf, pairsOf, positionDay, riskDay } from "./views.ts";

export class LedgerBook {
  readonly storage: LedgerStore;
  readonly outbox: LedgerOutbox;
  readonly #transaction: <T>(work: () => T) => T;
  readonly #onDenied: (order: Order, at: number) => void;
  readonly denials = new DenialCounts();
  readonly #onApplied: (event: LedgerEvent, change: Change, at: number) => void;
  readonly #onCommit: (notices: LedgerNotice[], holdings: Iterable<Holding>) => void;
  #state: LedgerState | null = null;
  #uncommitted = uncommitted();
  #marksStoredAt = 0;
  #agedAt = -Infinity;
  /** What of the day's risk the outbox was last given; a restart or a rollback gives it again, which does no harm. */
  readonly #riskRecorded = new Map<string, string>();

  constructor(parts: {
    storage: LedgerStore;
    outbox: LedgerOutbox;
    transaction: <T>(work: () => T) => T;
    onCommit: (notices: LedgerNotice[], holdings: Iterable<Holding>) => void;
    /** Each denial, also one that is only counted, once it is stored. It must only take note. */
    onDenied?: (order: Order, at: number) => void;
    /** Each event, once it is stored. It must only take note. */
    onApplied?: (event: LedgerEvent, change: Change, at: number) => void;
  }) {
    this.storage = parts.storage;
    this.outbox = parts.outbox;
    this.#transaction = parts.transaction;
    this.#onCommit = parts.onCommit;
    this.#onDenied = parts.onDenied ?? (() => {});
    this.#onApplied = parts.onApplied ?? (() => {});
  }

  /** Memory, built from storage when it is not there. */
  state(now: number): LedgerState {
    if (!this.#state) {
      this.#state = this.storage.load(now);
      this.#agedAt = -Infinity;
    }
    return this.#state;
  }

  /** Runs `work` as one transaction on a state whose trading day is that of `now`. */
  commit<T>(now: number, work: (state: LedgerState) => T): T {
    const state = this.state(now);
    const answer = this.#inTransaction(state, () => {
      this.#rollDay(state, now);
      this.#ageMarks(state, now);
      const value = work(state);
      this.storage.saveDays(state.unstored);
      return value;
    });
    state.unstored.clear();
    const { touched, notices, moved, noted } = this.#uncommitted;
    this.#uncommitted = uncommitted();
    forgetEnded(state, touched);
    for (const note of noted) note();
    if (notices.length > 0) this.#onCommit(notices, moved);
    return answer;
  }

  /** When it throws, storage is as before, and memory is thrown away with everything that it promised. */
  #inTransaction<T>(state: LedgerState, work: () => T): T {
    try {
      return this.#transaction(work);
    } catch (error) {
      if (this.#state === state) this.#state = null;
      this.denials.forget();
      this.#uncommitted = uncommitted();
      this.outbox.forget();
      this.#riskRecorded.clear();
      throw error;
    }
  }

  /** Applies one event and stores it, what it changed, and its tradebook rows. Only inside `commit`. */
  apply(state: LedgerState, event: LedgerEvent, at: number, eventId: string | null = null): Change {
    const change = applyOrThrow(state, event);
    const { version, entry, execution, holding, flag } = change;
    const clientOrderId = entry?.order.clientOrderId ?? null;
    this.storage.addEvent({ version, at, kind: event.kind, clientOrderId, eventId, body: event });
    this.storage.saveChange(change);
    if (entry) {
      this.#uncommitted.touched.push(entry);
      this.outbox.addOrder(version, entry.order);
    }
    if (holding) this.#uncommitted.moved.add(holding);
    if (execution && entry)
      this.outbox.add(version, { kind: "execution", execution, algoId: entry.order.algoId });
    if (execution && holding) this.outbox.add(version, positionDay(holding, state.day));
    const incident = execution && entry && overfillIncident(entry, execution, at);
    if (incident) this.outbox.add(version, { kind: "incident", incident });
    if (flag && clientOrderId) {
      const { order } = entry as LedgerOrder;
      this.audit(version, at, "order_flagged", clientOrderId, null, order, flag);
    }
    this.#uncommitted.noted.push(() => this.#onApplied(event, change, at));
    this.#uncommitted.notices.push({ version, order: entry?.order ?? null, risk: null });
    return change;
  }

  /** The same for a restriction, a registration, a trip or the lease, which are stored as one text. */
  control(state: LedgerState, change: ControlChange, at: number): Change {
    const applied = this.apply(state, { kind: "control", change }, at);
    this.storage.set("controls", packControls(state.controls));
    return applied;
  }

  /** Applies a post unless it was applied before. Answers the order as it then stands. */
  post(state: LedgerState, post: OrderPost): LedgerOrder | null {
    const entry = this.find(state, post.clientOrderId);
    if (this.storage.eventSeen(post.eventId)) return entry;
    if (post.event.kind === "filled") {
      const { account, executionId } = post.event.execution;
      if (this.storage.executionSeen(account, executionId)) return entry;
    } else if (!entry && post.event.kind !== "adopted") return null;
    // What is known already is no news.
    if (post.event.kind === "described" && entry && currencyOf(state, entry.order)) return entry;
    const before = entry && { state: entry.order.state, label: entry.label };
    const marks = state.marks.size;
    const change = this.apply(state, { kind: "posted", post }, post.at, post.eventId);
    // A trade past us was the only price there is.
    if (state.marks.size > marks) this.#saveMarks(state);
    this.#deadLetterRow(change, before, post);
    // It binds the money of all that rests there.
    if (post.event.kind === "described")
      for (const each of change.holding?.orders.values() ?? [])
        this.storage.saveOrder(each, change.version);
    return change.entry;
  }

  noteDenied(order: Order, at: number): void {
    this.#uncommitted.noted.push(() => this.#onDenied(order, at));
  }

  /** Has the commit told of, although no event was applied in it: its rows have to leave all the same. */
  tellCommit({ version }: LedgerState): void {
    this.#uncommitted.notices.push({ version, order: null, risk: null });
  }

  /** An event that the ledger makes itself: its version is its id. */
  append(state: LedgerState, entry: LedgerOrder, event: OrderEvent, at: number): LedgerOrder {
    const { clientOrderId } = entry.order;
    const eventId = `ledger:${state.version + 1}`;
    return this.post(state, { eventId, clientOrderId, event, at }) ?? entry;
  }

  /** Saying it again changes nothing, so it is no new event. */
  wishCancel(state: LedgerState, entry: LedgerOrder, by: string, at: number): LedgerOrder {
    if (entry.cancelWished) return entry;
    return this.append(state, entry, { kind: "cancel_requested", by }, at);
  }

  /** What goes to the desk, and what left it. */
  #deadLetterRow(
    { version, entry }: Change,
    before: (Pick<LedgerOrder, "label"> & { state: Order["state"] }) | null,
    post: OrderPost,
  ) {
    if (!entry) return;
    const { order, label } = entry;
    const on = order.state === "dead_lettered";
    if (!on && before?.state !== "dead_lettered") return;
    this.outbox.addDeadLetter(version, order, {
      // Off the desk it has none any more, and the row keeps the one that it had.
      label: label ?? before?.label ?? "unknown",
      reason: order.reason ?? post.event.kind,
      attempts: entry.attempts,
      status: on ? "open" : "closed",
    });
  }

  /** An order from memory, else from storage; it stays in memory until the transaction ends. */
  find(state: LedgerState, clientOrderId: string): LedgerOrder | null {
    const known = state.orders.get(clientOrderId);
    if (known) return known;
    const entry = this.storage.order(clientOrderId);
    return entry && this.hold(state, entry);
  }

  /** Takes an order into memory until the transaction ends. */
  hold(state: LedgerState, entry: LedgerOrder): LedgerOrder {
    addOrder(state, entry);
    this.#uncommitted.touched.push(entry);
    return entry;
  }

  audit(
    version: number,
    at: number,
    action: string,
    subject: string,
    before: unknown,
    after: unknown,
    reason: string | null,
    by = "ledger",
  ): void {
    this.outbox.add(version, { kind: "audit", by, action, subject, before, after, reason, at });
  }

  /** Marks that stopped coming are told of by nobody. Also after the clock went back. */
  #ageMarks(state: LedgerState, now: number): void {
    if (Math.abs(now - this.#agedAt) < MARKS_AGE_LOOK_MS) return;
    this.#agedAt = now;
    ageMarks(state, now);
  }

  /** Takes a mark in and keeps it for after an eviction. Only inside `commit`. */
  takeMark(state: LedgerState, mark: Mark): void {
    if (applyMarks(state, [mark]).length === 0) return;
    this.#saveMarks(state, mark.instrument);
    this.#priceAdopted(state, [mark]);
  }

  /** What was adopted without a price has to keep the one that it gets: no event tells of it. */
  #priceAdopted(state: LedgerState, marks: readonly Mark[]): void {
    const instruments = marks.map(({ instrument }) => instrument);
    for (const entry of priceAdopted(state, instruments))
      this.storage.saveOrder(entry, state.version);
  }

  /** Takes marks of the feed in. They move no version; they and what they moved are stored now and then. */
  takeMarks(marks: readonly Mark[], now: number): void {
    const known = this.state(now);
    applyMarks(known, marks);
    if ((known.aggregates.get(`algo:${EXTERNAL_ALGO}`)?.figures.unpriced ?? 0) > 0)
      this.commit(now, (state) => this.#priceAdopted(state, marks));
    if (now - this.#marksStoredAt < MARKS_STORE_INTERVAL_MS) return;
    this.#marksStoredAt = now;
    forgetMarks(known, now);
    this.commit(now, (state) => this.#saveMarks(state));
  }

  #saveMarks(state: LedgerState, brought: InstrumentId | null = null): void {
    // A bad price is kept as null, which is as bad: JSON knows no NaN.
    this.storage.set("marks", JSON.stringify(marksToStore(state, brought)));
  }

  /** Closes the trading day and opens the next, once, whoever comes first after midnight. */
  #rollDay(state: LedgerState, now: number): void {
    const day = tradingDay(now);
    if (this.storage.setting("day") === null) this.storage.set("day", state.day);
    if (day <= state.day) return;
    this.closeDay(state);
    const { version } = this.apply(state, { kind: "day", day }, now);
    this.storage.set("day", day);
    this.storage.set("day_first_version", String(version));
  }

  /** The day's risk and positions as rows of the tradebook, as far as the day has come. */
  closeDay(state: LedgerState): void {
    for (const holding of state.holdings.values())
      this.outbox.add(state.version, positionDay(holding, state.day));
    this.recordRisk(state);
  }

  /** The day's risk so far, where it changed since the last time: so that trends show before midnight. */
  recordRisk(state: LedgerState): void {
    for (const [scope, { algoId, instrument }] of pairsOf(state)) {
      const row = riskDay(state, algoId, instrument);
      const text = JSON.stringify(row);
      if (this.#riskRecorded.get(scope) === text) continue;
      this.#riskRecorded.set(scope, text);
      this.outbox.add(state.version, row);
    }
  }
}
