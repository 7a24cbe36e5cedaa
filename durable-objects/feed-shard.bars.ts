/**
 * Tells markets the bars that they asked for over their link: closed ones soon after their end, those under
 * way at most once a second. It reads what the shard built anyway; the tick path knows nothing of it.
 */
import { barsLine, type BarWants, type LinkBars, readWants } from "../src/contract/link-bars.ts";
import { candleStart } from "../src/domain/candle.ts";
import type { CandlePart } from "../src/domain/candle-builder.ts";
import {
  BAR_BEAT_MS,
  BAR_CLOSE_DELAY_MS,
  BAR_UPDATE_INTERVAL_MS,
} from "../src/domain/feed-limits.ts";

type Unit = "1s" | "1m";

const UNITS = ["1s", "1m"] as const;

/** What the shard knows of an instrument's bars. */
export interface BuiltBars {
  parts(unit: Unit): CandlePart[];
  /** Closes what ended by the exchange's clock, `delayMs` ago; answers until when all is closed. */
  closeUntil(now: number, delayMs: number): number;
  /** The first second that a trade changed since `version`; Infinity when none did. */
  changedSince(version: number): { from: number; version: number };
  /** How often the exchange's clock had been set back when they began. */
  readonly setBacks: number;
}

export interface BarFeedHost {
  /** Null for an alias that stands for nothing held. */
  built(alias: number): BuiltBars | null;
  /** Works off what was delivered and not folded yet. */
  drain(): void;
  /** How often the exchange's clock was set back. */
  setBacks(): number;
}

/** How far one market was told of one instrument's bars. */
interface Told {
  version: number;
  at: number;
  until: number;
  /** Start of the newest part told. */
  newest: number;
  /** How often the exchange's clock had been set back by then. */
  setBacks: number;
}

interface Listener {
  socket: WebSocket;
  wants: Record<Unit, Map<number, Told>>;
}

const NOTHING_TOLD = { version: 0, at: 0, until: 0, newest: 0 };

export class BarFeed {
  readonly #host: BarFeedHost;
  readonly #listeners = new Map<WebSocket, Listener>();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(host: BarFeedHost) {
    this.#host = host;
  }

  /** Listens for what the market at the other end wants. */
  listen(socket: WebSocket): void {
    socket.addEventListener("message", ({ data }) => {
      const wants = typeof data === "string" ? readWants(data) : null;
      if (wants) this.#want(socket, wants);
    });
    const ended = () => this.#forget(socket);
    socket.addEventListener("close", ended);
    socket.addEventListener("error", ended);
  }

  /** Tells what has closed or changed. */
  beat(now: number): void {
    this.#tell(now, () => false);
  }

  /** Another shard delivers these from now on: all that was built of them is told, since no beat tells it after. */
  release(now: number, isReleased: (alias: number) => boolean): void {
    this.#tell(now, isReleased);
  }

  #tell(now: number, isLast: (alias: number) => boolean): void {
    this.#host.drain();
    for (const { socket, wants } of this.#listeners.values()) {
      const lines: string[] = [];
      for (const unit of UNITS)
        for (const [alias, told] of wants[unit]) {
          const news = this.#news(alias, unit, told, now, isLast(alias));
          if (news) lines.push(barsLine(news));
        }
      if (lines.length > 0) send(socket, lines.join("\n"));
    }
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** A link that is asked for the same again keeps its place; what is new is told whole. */
  #want(socket: WebSocket, wants: BarWants): void {
    const before = this.#listeners.get(socket)?.wants;
    const nothing = { ...NOTHING_TOLD, setBacks: this.#host.setBacks() };
    const placed = (unit: Unit) =>
      new Map(wants[unit].map((alias) => [alias, before?.[unit].get(alias) ?? { ...nothing }]));
    const isNothing = UNITS.every((unit) => wants[unit].length === 0);
    if (isNothing) return this.#forget(socket);
    this.#listeners.set(socket, { socket, wants: { "1s": placed("1s"), "1m": placed("1m") } });
    this.#timer ??= setInterval(() => this.beat(Date.now()), BAR_BEAT_MS);
  }

  #forget(socket: WebSocket): void {
    this.#listeners.delete(socket);
    if (this.#listeners.size === 0) this.stop();
  }

  #news(alias: number, unit: Unit, told: Told, now: number, isLast: boolean): LinkBars | null {
    const built = this.#host.built(alias);
    if (!built) return null;
    const { setBacks } = built;
    const isSetBack = setBacks > told.setBacks;
    if (isSetBack) Object.assign(told, NOTHING_TOLD, { setBacks });
    const until = candleStart(built.closeUntil(now, BAR_CLOSE_DELAY_MS), unit);
    const { from, version } = built.changedSince(told.version);
    const isChanged = from < Infinity;
    // The end of each minute is told even without a trade: longer bars end with it.
    const isClosing = until > told.until && (unit === "1m" || told.newest >= told.until);
    const isDue = isChanged && (isLast || now - told.at >= BAR_UPDATE_INTERVAL_MS);
    if (!isClosing && !isDue) return null;
    const start = candleStart(from, unit);
    const parts = isChanged ? built.parts(unit).filter(({ time }) => time >= start) : [];
    const newest = Math.max(told.newest, ...parts.map(({ time }) => time));
    Object.assign(told, { version, at: now, until, newest });
    return { alias, unit, until, parts, ...(isSetBack && { isSetBack }) };
  }
}

function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // The close event of the same socket follows; the market asks again on the next one.
  }
}
