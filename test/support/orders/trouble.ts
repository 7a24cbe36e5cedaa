/** Decides from the seed when something goes wrong, and counts what did. */
import { QUIET, type FaultName, type WorldFaults } from "./faults.ts";
import type { Random } from "./random.ts";

export class Trouble {
  faults: WorldFaults = QUIET;
  /** While the broker is down nothing reaches it. */
  brokerDown = false;
  /** How often each kind struck. */
  readonly counts: Record<string, number> = {};
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  strikes(name: FaultName): boolean {
    if (!this.#random.chance(this.faults[name])) return false;
    this.count(name);
    return true;
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
