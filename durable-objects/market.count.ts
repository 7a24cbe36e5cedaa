/** Tells the manager how many sockets a market has: one call at a time, and what changes meanwhile goes into the next. */
import { errorText, type Log } from "../src/application/log.ts";

export class SocketCount {
  readonly #report: () => Promise<void>;
  readonly #log: Log;
  readonly #waitUntil: (work: Promise<unknown>) => void;
  #isReporting = false;
  #isChanged = false;

  constructor(report: () => Promise<void>, log: Log, waitUntil: (work: Promise<unknown>) => void) {
    this.#report = report;
    this.#log = log;
    this.#waitUntil = waitUntil;
  }

  changed(): void {
    this.#isChanged = true;
    if (!this.#isReporting) this.#waitUntil(this.#run());
  }

  async #run(): Promise<void> {
    this.#isReporting = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      try {
        await this.#report();
      } catch (error) {
        // The manager's watchdog asks for the count itself.
        this.#log("warn", "count_not_reported", { reason: errorText(error) });
      }
    }
    this.#isReporting = false;
  }
}
