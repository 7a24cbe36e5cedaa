/** The prices that reach the ledger and the callers: two seconds apart when all is well, and late, old, missing or worthless when it is not. */
import type { Mark } from "../../../src/domain/tick.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

const MARKS_MS = 2_000;

/** Once all is quiet: still younger than any entry needs. */
const QUIET_MARKS_MS = 5_000;

/** What may be wrong with the prices of an instrument. */
export const FEED_TROUBLES = [
  /** Nothing comes. */
  "silent",
  /** The last price comes again and again, with its old time. */
  "old",
  /** Each comes long after its time. */
  "late",
  /** What comes is no price. */
  "worthless",
] as const;

export type FeedTrouble = (typeof FEED_TROUBLES)[number];

export interface FeedWorld {
  timeline: Timeline;
  random: Random;
  instruments: readonly string[];
  now(): number;
  price(instrument: string): number;
  isQuiet(): boolean;
  /** To whichever run of the ledger lives. */
  deliver(marks: readonly Mark[]): void;
}

export class SimulatedFeed {
  readonly #world: FeedWorld;
  readonly #troubles = new Map<string, FeedTrouble>();
  /** The last good one of each instrument. */
  readonly #last = new Map<string, Mark>();

  constructor(world: FeedWorld) {
    this.#world = world;
    this.#turn();
  }

  trouble(instrument: string, trouble: FeedTrouble, forMs: number): void {
    this.#troubles.set(instrument, trouble);
    this.#world.timeline.after(forMs, () => void this.#troubles.delete(instrument));
  }

  /** What somebody gets who asks for a price now; null when there is none. */
  quote(instrument: string): Mark | null {
    const trouble = this.#troubles.get(instrument);
    if (trouble === undefined || trouble === "late") return this.#fresh(instrument);
    return trouble === "worthless" ? null : (this.#last.get(instrument) ?? null);
  }

  #turn(): void {
    const { timeline, instruments } = this.#world;
    const marks = instruments.flatMap((instrument) => this.#next(instrument) ?? []);
    if (marks.length > 0) this.#world.deliver(marks);
    timeline.after(this.#world.isQuiet() ? QUIET_MARKS_MS : MARKS_MS, () => this.#turn());
  }

  /** What comes of an instrument this time. */
  #next(instrument: string): Mark | null {
    const { timeline, random } = this.#world;
    const trouble = this.#troubles.get(instrument);
    if (trouble === "silent") return null;
    if (trouble === "worthless")
      return { ...this.#fresh(instrument), price: random.pick([Number.NaN, 0, -1]) };
    const last = this.#last.get(instrument);
    if (trouble === "old" && last) return last;
    const mark = this.#fresh(instrument);
    if (trouble === "late") {
      timeline.after(random.between(500, 15_000), () => this.#world.deliver([mark]));
      return null;
    }
    this.#last.set(instrument, mark);
    return mark;
  }

  #fresh(instrument: string): Mark {
    const price = this.#world.price(instrument);
    const time = this.#world.now();
    return { instrument, price, bid: price - 0.1, ask: price + 0.1, time, provider: "simulated" };
  }
}
