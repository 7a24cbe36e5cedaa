/** Tells people, once for each takeover, which gateways have not confirmed the new epoch in time. */
import { LEASE_TOLD_AFTER_MS } from "../../domain/halt-limits.ts";
import type { LedgerBook } from "./book.ts";
import type { OwedCalls } from "./ports.ts";

export class UnconfirmedLease {
  readonly #book: LedgerBook;
  readonly #gateways: Pick<OwedCalls, "unfenced">;
  /** The epoch that was told of. An eviction forgets it: the same id laid down again is the same incident. */
  #told = 0;

  constructor(book: LedgerBook, gateways: Pick<OwedCalls, "unfenced">) {
    this.#book = book;
    this.#gateways = gateways;
  }

  look(now: number): void {
    const { lease } = this.#book.state(now).controls;
    if (this.#told === lease.epoch || now - lease.since < LEASE_TOLD_AFTER_MS) return;
    const accounts = this.#gateways.unfenced().join(", ");
    if (accounts === "") return;
    const incident = {
      id: `lease-unconfirmed-${lease.epoch}`,
      at: now,
      account: "portfolio",
      severity: "critical",
      title: `A takeover is not confirmed by the gateway of ${accounts}`,
      message: `${accounts} has not confirmed epoch ${lease.epoch} of ${lease.region} ${LEASE_TOLD_AFTER_MS / 1_000} s after the takeover. Nothing is approved under an older one, but what was handed over before it may still leave there. It is told again until it confirms; /v1/risk/controls names who has not.`,
    } as const;
    this.#book.commit(now, (state) =>
      this.#book.outbox.add(state.version, { kind: "incident", incident }),
    );
    this.#told = lease.epoch;
  }
}
