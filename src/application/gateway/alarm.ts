/** Sees to it that a gateway's one alarm rings when something is due first, also after a run of it that died in the middle of a call. */
import { WATCHDOG_INTERVAL_MS } from "../../domain/limits.ts";

/** Work that cannot be done yet must not make the alarm spin. */
const ALARM_DELAY_MS_MIN = 100;

/** The platform rings some tens of milliseconds late, at times seconds. One that is overdue for longer is taken for lost. */
const ALARM_OVERDUE_MS_MAX = 5_000;

export interface AlarmPorts {
  now(): number;
  /** When the next part of the work is due, ms since 1970. */
  dueAt(): number;
  /** The alarm as storage has it; null while none is set, and while it rings. */
  stored(): Promise<number | null>;
  store(at: number): Promise<void>;
}

export class GatewayAlarm {
  readonly #ports: AlarmPorts;
  /** As last set or seen in this run; null when this run knows of none. */
  #at: number | null = null;

  constructor(ports: AlarmPorts) {
    this.#ports = ports;
  }

  /** First the next alarm, then the work: a failure of it must not be the end of the watch. */
  async rang(work: () => Promise<void>): Promise<void> {
    this.#at = null;
    await this.arm();
    await work();
    await this.arm();
  }

  /** Runs a call with the alarm set before it, for the case that this run dies in the middle, and again after it. */
  async armed<T>(call: () => Promise<T>): Promise<T> {
    // One that is set covers this run: what is due sooner was armed when it came to be due.
    if (this.#at === null || isLost(this.#at, this.#ports.now())) await this.arm();
    return this.after(call());
  }

  /** What could not be done at once with it is due soon, and not only with the watchdog's turn. */
  async after<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      await this.arm();
    }
  }

  /**
   * Sets the alarm to what is due first, at the latest the watchdog's turn. Moves it only to sooner: one that is due
   * and is still to ring would be put off by each call that comes meanwhile, and they may come all the time.
   */
  async arm(): Promise<void> {
    const now = this.#ports.now();
    const due = Math.min(this.#ports.dueAt(), now + WATCHDOG_INTERVAL_MS);
    const at = Math.max(now + ALARM_DELAY_MS_MIN, due);
    const set = this.#at ?? (await this.#ports.stored());
    if (set !== null && !isLost(set, now) && set <= at) {
      this.#at = set;
      return;
    }
    this.#at = at;
    await this.#ports.store(at);
  }
}

const isLost = (at: number, now: number): boolean => now - at > ALARM_OVERDUE_MS_MAX;
