/** Every broker's instruments as one isolate remembers them; they change once a day at most. */
import type { Instrument } from "../domain/instrument.ts";
import { INSTRUMENT_CACHE_MS } from "../domain/limits.ts";
import { FEED_BROKERS } from "../platform/deployment.ts";
import type { ApiPorts } from "./ports.ts";

export interface ListedInstrument {
  broker: string;
  instrument: Instrument;
}

/** By id, then by broker: one instrument may be had from several. */
export type InstrumentMaster = (ports: ApiPorts, now: number) => Promise<ListedInstrument[]>;

export function instrumentMaster(): InstrumentMaster {
  let known: { readAt: number; listed: ListedInstrument[] } | null = null;
  return async (ports, now) => {
    if (known && now - known.readAt < INSTRUMENT_CACHE_MS) return known.listed;
    const byBroker = await Promise.all(
      FEED_BROKERS.map(async (broker) => {
        const instruments = await ports.brokerManager(broker).instruments();
        return instruments.map((instrument) => ({ broker, instrument }));
      }),
    );
    const listed = byBroker.flat().sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    // A broker that has not loaded its master yet must not stay empty for the cache's time.
    if (listed.length > 0) known = { readAt: now, listed };
    return listed;
  };
}

/** Sorts by id first; no id holds a bar. */
export const keyOf = ({ broker, instrument }: ListedInstrument): string =>
  `${instrument.id}|${broker}`;
