/** What may go wrong by chance in a run, each with its probability per occasion. */
import { type BrokerFaults, NO_FAULTS } from "./broker-faults.ts";
import type { Random } from "./random.ts";

export interface WorldFaults extends BrokerFaults {
  /** Of a gateway, at each of its calls to the outside. */
  crash: number;
  /** Of the ledger, before or after each of its calls. */
  eviction: number;
  /** The ledger cannot be reached, or its answer is lost. */
  ledgerFails: number;
  /** Of a use case, before or after each of its calls. */
  useCaseDies: number;
  /** Of whoever carries an order to the gateway: it takes its time. */
  carrierSlow: number;
  messageLost: number;
  messageTwice: number;
  tradebookAway: number;
  /** The platform rings an object's alarm long after it was due. */
  alarmLate: number;
  /** Of the ledger's answer to an exit that the gateway places itself: the other exit may fill meanwhile. */
  exitSlow: number;
}

export type FaultName = keyof WorldFaults;

export const QUIET: WorldFaults = {
  ...NO_FAULTS,
  crash: 0,
  eviction: 0,
  ledgerFails: 0,
  useCaseDies: 0,
  carrierSlow: 0,
  messageLost: 0,
  messageTwice: 0,
  tradebookAway: 0,
  alarmLate: 0,
  exitSlow: 0,
};

/** The most that a run may draw of each. */
const WORST: WorldFaults = {
  connectFailure: 0.3,
  refusedTryAgain: 0.3,
  rejected: 0.1,
  timeoutBefore: 0.2,
  arrivesLate: 0.2,
  timeoutAfter: 0.3,
  queryFails: 0.5,
  eventLost: 0.5,
  eventTwice: 0.5,
  eventLate: 0.3,
  cancelTrouble: 0.6,
  positionsLate: 0.5,
  positionsFail: 0.9,
  rejectsLater: 0.15,
  cancelsItself: 0.15,
  forgets: 0.1,
  crash: 0.05,
  eviction: 0.05,
  ledgerFails: 0.1,
  useCaseDies: 0.06,
  carrierSlow: 0.5,
  messageLost: 0.3,
  messageTwice: 0.3,
  tradebookAway: 0.5,
  alarmLate: 0.3,
  exitSlow: 1,
};

export const FAULT_NAMES = Object.keys(QUIET) as FaultName[];

/** How much of it happens is drawn anew for each run, so that runs differ in kind. */
export function drawFaults(random: Random): WorldFaults {
  const drawn = { ...QUIET };
  for (const name of FAULT_NAMES)
    drawn[name] = random.chance(0.4) ? 0 : random.next() * WORST[name];
  return drawn;
}
