/**
 * Whether a line brings prices, asked of the line itself: a few of its instruments are subscribed once more,
 * which brings a snapshot of each also while their market is shut, and tears nothing. Not on the tick path.
 */
import { PROBE_MS, PROBE_POLL_MS } from "../src/domain/feed-limits.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { HeldInstrument } from "./feed-shard.held.ts";

export interface ProbeHost {
  held: ReadonlyMap<InstrumentId, Pick<HeldInstrument, "mode" | "taken">>;
  /** Asks the broker for these once more, where the line is open. */
  ask: (instruments: readonly InstrumentId[]) => void;
  pause: (ms: number) => Promise<unknown>;
}

/** True once anything came of one of them after it was asked, a snapshot that says nothing new too. */
export async function bringsPrices(
  { held, ask, pause }: ProbeHost,
  instruments: readonly InstrumentId[],
): Promise<boolean> {
  const takenOf = (instrument: InstrumentId) => held.get(instrument)?.taken ?? null;
  const before = new Map(instruments.map((instrument) => [instrument, takenOf(instrument)]));
  const isNew = (instrument: InstrumentId) => {
    const taken = takenOf(instrument);
    return taken !== null && taken !== before.get(instrument);
  };
  ask(instruments);
  for (let waitedMs = 0; waitedMs < PROBE_MS; waitedMs += PROBE_POLL_MS) {
    await pause(PROBE_POLL_MS);
    if (instruments.some(isNew)) return true;
  }
  return false;
}
