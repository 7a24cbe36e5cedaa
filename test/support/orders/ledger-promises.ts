/** What the ledger has promised in a run and later steps are held to: orders on the desk that never leave, scopes that are to be flat, exits that are asked for until they stand. */
import type { Order, OrderEvent } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import type { LedgerEvent } from "../../../src/domain/risk/ledger.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";
import { covers } from "./order-sums.ts";

/** What a gateway says of what comes under a lease that is over. */
const FENCED = /the lease is at epoch (\d+)/;

/** And of what the ledger approves no more. */
const UNWANTED = /no longer wanted/;

export class LedgerPromises {
  /** Laid on the desk as not sent. A person's retry is another order, so that this one never leaves. */
  readonly unsent = new Set<string>();
  /** Halted with flatten, or past a limit whose trip closes, and neither reset nor set otherwise since. */
  readonly toBeFlat = new Set<ScopeText>();
  /** Somebody was told that their cancel is on its way, and the broker has neither done nor refused it. */
  readonly toCancel = new Set<string>();
  readonly breaches = new Set<string>();
  readonly #everHalted = new Set<ScopeText>();
  readonly #everToCancel = new Set<string>();

  /** Whether a trip is set to close what it halts. */
  closes: (trip: string) => boolean = () => false;

  /** A kill switch with flatten has just latched. */
  asksFlat(scope: ScopeText): void {
    this.toBeFlat.add(scope);
  }

  /** Each event as the ledger applies it. An order's `epoch` says under which lease its terms were approved last. */
  applied(event: LedgerEvent, orderOf: (clientOrderId: string) => Order | undefined): void {
    if (event.kind === "trading_state") {
      if (event.record.state === "halted") this.#everHalted.add(event.record.scope);
      else this.toBeFlat.delete(event.record.scope);
    }
    if (event.kind === "control" && event.change.kind === "trip_fired") {
      const [trip = "", scope = "", level] = event.change.key.split("|");
      // Whoever halted it before, and for whatever reason.
      if (level === "hard" && this.closes(trip)) this.asksFlat(scope);
    }
    if (event.kind !== "posted") return;
    const { clientOrderId, event: news } = event.post;
    const order = orderOf(clientOrderId);
    if (news.kind === "cancel_requested") {
      this.#everToCancel.add(clientOrderId);
      this.toCancel.add(clientOrderId);
    }
    if (news.kind === "cancel_rejected" || (order && isTerminal(order.state)))
      this.toCancel.delete(clientOrderId);
    if (order?.exit) this.#exit(order, news);
    if (news.kind === "dead_lettered" && news.label === "not_sent") this.unsent.add(clientOrderId);
    if (news.kind !== "replace_rejected") return;
    const leaseNow = FENCED.exec(news.reason)?.[1];
    if (leaseNow !== undefined && Number(leaseNow) === order?.epoch)
      this.breaches.add(
        `new terms of ${clientOrderId} were fenced under the very lease that approved them`,
      );
  }

  /** A bracket's exit that did not leave is its gateway's to ask for; neither an outage nor a takeover ends it. */
  #exit(order: Order, news: OrderEvent): void {
    const { clientOrderId } = order;
    if (news.kind === "dead_lettered" && news.label === "not_sent")
      this.breaches.add(`${clientOrderId} lies on the desk as not sent, and could still be placed`);
    if (news.kind !== "rejected") return;
    if (FENCED.test(news.reason)) this.breaches.add(`${clientOrderId} was lost to a takeover`);
    const mayEnd =
      this.#everToCancel.has(clientOrderId) ||
      [...this.#everHalted].some((scope) => covers(scope, order));
    if (UNWANTED.test(news.reason) && !mayEnd)
      this.breaches.add(`${clientOrderId} was approved no more, though nobody had taken it back`);
  }
}
