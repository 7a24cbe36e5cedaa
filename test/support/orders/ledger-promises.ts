/** What the ledger has promised in a run and later steps are held to: orders on the desk that never leave, scopes that are to be flat. */
import type { LedgerEvent } from "../../../src/domain/risk/ledger.ts";
import type { ScopeText } from "../../../src/domain/scope.ts";

export class LedgerPromises {
  /** Laid on the desk as not sent. A person's retry is another order, so that this one never leaves. */
  readonly unsent = new Set<string>();
  /** Halted with flatten, and neither reset nor set otherwise since. */
  readonly toBeFlat = new Set<ScopeText>();

  /** A kill switch with flatten has just latched. */
  asksFlat(scope: ScopeText): void {
    this.toBeFlat.add(scope);
  }

  /** Each event as the ledger applies it. */
  applied(event: LedgerEvent): void {
    if (event.kind === "trading_state" && event.record.state !== "halted")
      this.toBeFlat.delete(event.record.scope);
    if (event.kind !== "posted") return;
    const { clientOrderId, event: news } = event.post;
    if (news.kind === "dead_lettered" && news.label === "not_sent") this.unsent.add(clientOrderId);
  }
}
