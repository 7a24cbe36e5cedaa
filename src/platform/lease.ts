/** The lease epoch that this isolate's region acts under. An old one does no harm: ledger and gateways refuse it. */
import type { RiskLedgerPort } from "../application/ports.ts";
import { LEASE_CACHE_MS } from "../domain/limits.ts";
import { REGION } from "./deployment.ts";

/** What this isolate last heard of it. */
let known: { epoch: number; readAt: number } | null = null;

/** The epoch of the last lease that this region held, as far as this isolate knows; 0 when it never did. */
export async function leaseEpoch(
  ledger: Pick<RiskLedgerPort, "controls">,
  fresh: boolean,
): Promise<number> {
  if (known && !fresh && Date.now() - known.readAt < LEASE_CACHE_MS) return known.epoch;
  const { lease } = await ledger.controls();
  const epoch = lease.region === REGION ? lease.epoch : (known?.epoch ?? 0);
  known = { epoch, readAt: Date.now() };
  return epoch;
}
