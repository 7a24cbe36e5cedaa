/** This isolate's memory of its region's lease. */
import type { RiskLedgerPort } from "../application/ports.ts";
import { RegionLease } from "../application/region-lease.ts";
import { REGION } from "./deployment.ts";

const own = new RegionLease(REGION);

/** The epoch of the last lease that this region held, as far as this isolate knows; 0 when it never did. */
export const leaseEpoch = (
  ledger: Pick<RiskLedgerPort, "controls">,
  fresh: boolean,
): Promise<number> => own.epoch(ledger, fresh, Date.now);
