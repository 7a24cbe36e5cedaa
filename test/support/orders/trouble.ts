/** Decides from the seed when something goes wrong, and counts what did. */
import type { Refusal } from "../../../src/domain/risk/refusal.ts";
import { QUIET, type FaultName, type WorldFaults } from "./faults.ts";
import type { Random } from "./random.ts";

export class Trouble {
  faults: WorldFaults = QUIET;
  /** While the broker is down nothing reaches it. */
  brokerDown = false;
  /** How often each kind struck. */
  readonly counts: Record<string, number> = {};
  /** How often each check refused an order or new terms. */
  readonly refusals: Record<string, number> = {};
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  strikes(name: FaultName): boolean {
    if (!this.#random.chance(this.faults[name])) return false;
    this.count(name);
    return true;
  }

  /** By how much an alarm is late, ms: a little always, and long now and then. */
  lateMs(): number {
    return this.strikes("alarmLate")
      ? this.#random.between(100, 20_000)
      : this.#random.between(0, 50);
  }

  refused({ code }: Pick<Refusal, "code">): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
