/** The broker's clock as its order stream tells it: the gateway's own gate, and now and then the ledger's trip, go by it. */
import { errorText, type Log } from "../src/application/log.ts";
import type { RiskLedgerPort } from "../src/application/ports.ts";
import { ClockOffset, isClockSkewed } from "../src/domain/clock-offset.ts";
import { WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";

export class BrokerClock {
  readonly #offset = new ClockOffset();
  readonly #tell: (offsetMs: number) => void;
  #toldAt = 0;
  #wasSkewed = false;

  /** `tell` is called when the clock goes wrong or right, and else once in a watchdog's period. */
  constructor(tell: (offsetMs: number) => void) {
    this.#tell = tell;
  }

  get offsetMs(): number | null {
    return this.#offset.offsetMs;
  }

  heard(brokerTime: number, now: number): void {
    this.#offset.add(brokerTime, now);
    const { offsetMs } = this.#offset;
    if (offsetMs === null) return;
    const isSkewed = isClockSkewed(offsetMs);
    if (isSkewed === this.#wasSkewed && now - this.#toldAt < WATCHDOG_INTERVAL_MS) return;
    this.#wasSkewed = isSkewed;
    this.#toldAt = now;
    this.#tell(offsetMs);
  }
}

/** What the ledger was not told now it is told at the next occasion. */
export function brokerClock(
  broker: string,
  ledger: Pick<RiskLedgerPort, "control">,
  log: Log,
): BrokerClock {
  return new BrokerClock((offsetMs) => {
    ledger
      .control({ kind: "clock_offset", broker, offsetMs }, "gateway")
      .catch((error: unknown) => {
        log("warn", "clock_offset_not_told", { broker, offsetMs, reason: errorText(error) });
      });
  });
}
