/** What an assignment comes to: the modes to ask of the broker, and who is to get what. Pure. */
import type { ConsumerId, ShardAssignment } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { FeedMode } from "../src/domain/tick.ts";

type Modes = Map<InstrumentId, FeedMode>;

export function interestOf({ instruments }: ShardAssignment): {
  wishes: Modes;
  interest: Map<ConsumerId, Modes>;
} {
  const wishes: Modes = new Map();
  const interest = new Map<ConsumerId, Modes>();
  for (const { instrument, mode, consumers } of instruments) {
    wishes.set(instrument, mode);
    for (const { id, mode: own } of consumers) {
      const modes: Modes = interest.get(id) ?? new Map();
      interest.set(id, modes.set(instrument, own));
    }
  }
  return { wishes, interest };
}
