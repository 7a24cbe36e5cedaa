/** The lease epoch that a region acts under. An old one does no harm: ledger and gateways refuse it. */
import { LEASE_CACHE_MS } from "../domain/limits.ts";
import type { RiskLedgerPort } from "./ports.ts";

export class RegionLease {
  readonly #region: string;
  /** What was last heard of it. */
  #known: { epoch: number; readAt: number } | null = null;

  constructor(region: string) {
    this.#region = region;
  }

  /** The epoch of the last lease that this region held, as far as is known here; 0 when it never did. */
  async epoch(
    ledger: Pick<RiskLedgerPort, "controls">,
    fresh: boolean,
    now: () => number,
  ): Promise<number> {
    const known = this.#known;
    if (known && !fresh && now() - known.readAt < LEASE_CACHE_MS) return known.epoch;
    const { lease } = await ledger.controls();
    const epoch = lease.region === this.#region ? lease.epoch : (known?.epoch ?? 0);
    this.#known = { epoch, readAt: now() };
    return epoch;
  }
}
