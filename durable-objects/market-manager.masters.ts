/** Which brokers give which instrument, as their managers list them; kept for a while. */
import type { BrokerManagerPort } from "../src/application/ports.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import { INSTRUMENT_CACHE_MS } from "../src/domain/limits.ts";

export class Masters {
  readonly #brokers: readonly string[];
  readonly #manager: (broker: string) => Pick<BrokerManagerPort, "instruments">;
  #readAt = 0;
  readonly #byBroker = new Map<string, Map<InstrumentId, Instrument>>();
  #reading: Promise<void> | null = null;

  /** `brokers` in the deployment's order, best first. */
  constructor(
    brokers: readonly string[],
    manager: (broker: string) => Pick<BrokerManagerPort, "instruments">,
  ) {
    this.#brokers = brokers;
    this.#manager = manager;
  }

  /** Reads the lists again when they are old. A list that cannot be read leaves the one there is. */
  read(): Promise<void> {
    if (Date.now() - this.#readAt < INSTRUMENT_CACHE_MS) return Promise.resolve();
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Best first. */
  brokersOf(instrument: InstrumentId): string[] {
    return this.#brokers.filter((broker) => this.#byBroker.get(broker)?.has(instrument) ?? false);
  }

  get(instrument: InstrumentId): Instrument | null {
    const [broker = ""] = this.brokersOf(instrument);
    return this.#byBroker.get(broker)?.get(instrument) ?? null;
  }

  async #readAll(): Promise<void> {
    const answers = await Promise.allSettled(
      this.#brokers.map((broker) => this.#manager(broker).instruments()),
    );
    let isWhole = true;
    for (const [index, answer] of answers.entries()) {
      if (answer.status === "fulfilled" && answer.value.length > 0)
        this.#byBroker.set(
          this.#brokers[index] ?? "",
          new Map(answer.value.map((one) => [one.id, one])),
        );
      else isWhole = false;
    }
    // A broker that did not answer is asked again at the next need.
    if (isWhole) this.#readAt = Date.now();
  }
}
