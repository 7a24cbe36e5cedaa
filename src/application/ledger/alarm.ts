/** When the ledger's one alarm rings: for what is due first, and soon after anything new in a run that has set none yet. */

/** From something new to the first look: by then most of what it began is done. */
const LOOK_DELAY_MS = 1_000;

export interface LedgerAlarmPorts {
  now(): number;
  /** When there is something to see to, ms since 1970; null when there is not. */
  dueAt(now: number): number | null;
  store(at: number): void;
}

export class LedgerAlarm {
  readonly #ports: LedgerAlarmPorts;
  /** As last set in this run; null when this run has not set one. */
  #at: number | null = null;

  constructor(ports: LedgerAlarmPorts) {
    this.#ports = ports;
  }

  /** First the next alarm, then the work: a failure of it must not be the end of the watch. */
  async rang(work: () => Promise<void>): Promise<void> {
    this.#at = null;
    this.arm();
    await work();
    this.#at = null;
    this.arm();
  }

  /** For what is due next; without anything to watch there is none. */
  arm(): void {
    const due = this.#ports.dueAt(this.#ports.now());
    if (due !== null) this.#by(due);
  }

  /** Scanning for what is due is the alarm's business, not that of an order's path. */
  changed(): void {
    if (this.#at === null) this.soon();
  }

  soon(): void {
    this.#by(this.#ports.now() + LOOK_DELAY_MS);
  }

  /** A gateway that could not be told of a halt or a lease is told again soon, and not only with the watchdog's turn. */
  async after<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.arm();
    }
  }

  /** Moves it to sooner only. */
  #by(at: number): void {
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    this.#ports.store(at);
  }
}
