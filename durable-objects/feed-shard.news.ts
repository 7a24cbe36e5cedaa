/** What a shard tells its markets of its connection and of subscriptions that the broker does not give. */
import type { Log } from "../src/application/log.ts";
import type { LinkStatus } from "../src/contract/link.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { alarmStatus } from "./feed-shard.consumer.ts";
import { type HeldInstrument, isDelivered } from "./feed-shard.held.ts";

interface Told {
  tellStatus(status: LinkStatus): void;
  flush(): void;
}

export class FeedNews {
  /** How the broker's connection is, for a market that comes new. */
  state: Pick<LinkStatus, "state" | "message"> = {
    state: "disconnected",
    message: "the broker's connection is not open yet",
  };
  readonly #held: ReadonlyMap<InstrumentId, HeldInstrument>;
  readonly #links: () => Told;
  readonly #log: Log;

  constructor(held: ReadonlyMap<InstrumentId, HeldInstrument>, links: () => Told, log: Log) {
    this.#held = held;
    this.#links = links;
    this.#log = log;
  }

  feed(state: "connected" | "disconnected", message: string): void {
    const held = [...this.#held.values()].filter(isDelivered);
    const instruments = held.map(({ instrument }) => instrument);
    this.state = { state, message };
    this.#links().tellStatus({ subject: "feed", state, instruments, message });
    this.#links().flush();
  }

  alarm(instruments: InstrumentId[], message: string): void {
    if (instruments.length === 0) return;
    this.#log("warn", "subscription_alarm", { instruments: instruments.length, message });
    for (const id of instruments) Object.assign(this.#held.get(id) ?? {}, { alarm: message });
    this.#links().tellStatus(alarmStatus(instruments, message));
    this.#links().flush();
  }
}
