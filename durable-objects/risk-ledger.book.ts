/**
 * The ledger's memory, its storage and its outbox as one: every change is decided, applied and stored
 * in one synchronous transaction. When anything in it throws, nothing is stored and memory is built
 * again. It talks to nobody.
 */
import type { LedgerNotice } from "../src/application/ports.ts";
import type { Order, OrderPost } from "../src/domain/order.ts";
import { applyMarks } from "../src/domain/risk/exposure.ts";
import { apply, forgetEnded, type Change, type LedgerEvent } from "../src/domain/risk/ledger.ts";
import { addOrder } from "../src/domain/risk/restore.ts";
import { tradingDay, type LedgerOrder, type LedgerState } from "../src/domain/risk/state.ts";
import type { Mark } from "../src/domain/tick.ts";
import type { Outbox } from "./risk-ledger.outbox.ts";
import type { LedgerStorage } from "./risk-ledger.storage.ts";
import { positionDay, riskDay } from "./risk-ledger.views.ts";

export class LedgerBook {
  readonly storage: LedgerStorage;
  readonly outbox: Outbox;
  readonly #transaction: (work: () => void) => void;
  readonly #onCommit: (notices: LedgerNotice[]) => void;
  #state: LedgerState | null = null;
  #touched: LedgerOrder[] = [];
  #notices: LedgerNotice[] = [];

  constructor(parts: {
    storage: LedgerStorage;
    outbox: Outbox;
    transaction: (work: () => void) => void;
    onCommit: (notices: LedgerNotice[]) => void;
  }) {
    this.storage = parts.storage;
    this.outbox = parts.outbox;
    this.#transaction = parts.transaction;
    this.#onCommit = parts.onCommit;
  }

  /** Memory, built from storage when it is not there. */
  state(now: number): LedgerState {
    this.#state ??= this.storage.load(now);
    return this.#state;
  }

  /** Runs `work` as one transaction on a state whose trading day is that of `now`. */
  commit<T>(now: number, work: (state: LedgerState) => T): T {
    let answer: { value: T } | null = null;
    const state = this.state(now);
    try {
      this.#transaction(() => {
        this.#rollDay(state, now);
        answer = { value: work(state) };
        this.storage.saveDays(state.unstored);
      });
    } catch (error) {
      this.#state = null;
      this.#touched = [];
      this.#notices = [];
      this.outbox.forget();
      throw error;
    }
    state.unstored.clear();
    forgetEnded(state, this.#touched);
    this.#touched = [];
    const notices = this.#notices;
    this.#notices = [];
    if (notices.length > 0) this.#onCommit(notices);
    return (answer as unknown as { value: T }).value;
  }

  /** Applies one event and stores it, what it changed, and its tradebook rows. Only inside `commit`. */
  apply(state: LedgerState, event: LedgerEvent, at: number, eventId: string | null = null): Change {
    const change = apply(state, event);
    const { version, entry, execution, holding, flag } = change;
    const clientOrderId = entry?.order.clientOrderId ?? null;
    this.storage.addEvent({ version, at, kind: event.kind, clientOrderId, eventId, body: event });
    this.storage.saveChange(change);
    if (entry) {
      this.#touched.push(entry);
      this.outbox.addOrder(version, entry.order);
    }
    if (execution && entry)
      this.outbox.add(version, { kind: "execution", execution, algoId: entry.order.algoId });
    if (execution && holding) this.outbox.add(version, positionDay(holding, state.day));
    if (flag && clientOrderId) {
      const { order } = entry as LedgerOrder;
      this.audit(version, at, "order_flagged", clientOrderId, null, order, flag);
    }
    this.#notices.push({ version, order: entry?.order ?? null, risk: null });
    return change;
  }

  /** Applies a post unless it was applied before. Answers the order as it then stands. */
  post(state: LedgerState, post: OrderPost): LedgerOrder | null {
    const entry = this.find(state, post.clientOrderId);
    if (this.storage.eventSeen(post.eventId)) return entry;
    if (post.event.kind === "filled") {
      const { account, executionId } = post.event.execution;
      if (this.storage.executionSeen(account, executionId)) return entry;
    } else if (!entry) return null;
    const before = entry?.order.state;
    const change = this.apply(state, { kind: "posted", post }, post.at, post.eventId);
    this.#deadLetterRow(change, before, post);
    return change.entry;
  }

  /** What goes to the desk, and what left it. */
  #deadLetterRow({ version, entry }: Change, before: Order["state"] | undefined, post: OrderPost) {
    if (!entry) return;
    const { order, label } = entry;
    const on = order.state === "dead_lettered";
    if (!on && before !== "dead_lettered") return;
    this.outbox.addDeadLetter(version, order, {
      label: label ?? "unknown",
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
    if (!entry) return null;
    addOrder(state, entry);
    this.#touched.push(entry);
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

  /** Takes a mark in and keeps it for after an eviction. Only inside `commit`. */
  takeMark(state: LedgerState, mark: Mark): void {
    if (applyMarks(state, [mark]).length > 0) this.saveMarks(state);
  }

  saveMarks(state: LedgerState): void {
    // A bad price is kept as null: JSON knows no NaN, and a null price is as bad.
    this.storage.set("marks", JSON.stringify([...state.marks.values()]));
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
    const pairs = new Map<string, { algoId: string; instrument: string }>();
    for (const holding of state.holdings.values()) {
      pairs.set(`${holding.algoId}|${holding.instrument}`, holding);
      this.outbox.add(state.version, positionDay(holding, state.day));
    }
    for (const { algoId, instrument } of pairs.values())
      this.outbox.add(state.version, riskDay(state, algoId, instrument));
  }
}
