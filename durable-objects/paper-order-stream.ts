/** The exchange's order-update sockets: what happened to orders, in order, to whoever listens. It keeps nothing. */
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import type { OrderStreamFrame } from "../src/brokers/paper/wire.ts";
import { CLOSE_SESSION, type PaperSession, type SocketSession } from "./paper-session.ts";

/** Order-update sockets of one account: a gateway needs one, and a second while it changes over. */
export const PAPER_ORDER_STREAMS_MAX = 8;

const CLOSE_DROPPED = 1012;

interface Listener {
  socket: WebSocket;
  silentUntil: number;
  session: SocketSession;
}

export class PaperOrderStream {
  readonly #faults: FaultSwitches;
  readonly #session: PaperSession;
  readonly #listeners = new Set<Listener>();

  constructor(faults: FaultSwitches, session: PaperSession) {
    this.#faults = faults;
    this.#session = session;
  }

  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  /** Why no further listener is taken, or null. */
  refusal(): string | null {
    if (this.#listeners.size < PAPER_ORDER_STREAMS_MAX) return null;
    return `all ${PAPER_ORDER_STREAMS_MAX} order-update connections are in use`;
  }

  open(socket: WebSocket, now: number): void {
    const listener: Listener = { socket, silentUntil: 0, session: this.#session.ofSocket() };
    this.#listeners.add(listener);
    socket.addEventListener("close", () => this.#listeners.delete(listener));
    socket.addEventListener("error", () => this.#listeners.delete(listener));
    this.#send(listener, { type: "ready" }, now);
    this.strikeConnections(now);
  }

  /** Tells everybody. What a silenced or dropped listener misses it must look up. */
  send(frame: OrderStreamFrame, now: number): void {
    for (const listener of this.#listeners) this.#send(listener, frame, now);
  }

  /** Tells those whose session is over so, and closes them. */
  endSessions(now: number): void {
    for (const listener of this.#listeners) {
      const reason = this.#session.ended(listener.session, now);
      if (reason === null) continue;
      this.#send(listener, { type: "session_expired", reason }, now);
      this.#drop(listener, CLOSE_SESSION, "session expired");
    }
  }

  heartbeat(now: number): void {
    this.endSessions(now);
    const skew = this.#faults.strike("skew_clock", () => true);
    this.send({ type: "heartbeat", time: now + (skew?.durationMs ?? 0) }, now);
  }

  #send(listener: Listener, frame: OrderStreamFrame, now: number): void {
    if (now < listener.silentUntil) return;
    try {
      listener.socket.send(JSON.stringify(frame));
    } catch {
      // The other end is gone; its close event takes the listener out.
    }
  }

  /** Drops and silences as many listeners as their faults ask for; each strike takes one. */
  strikeConnections(now: number): void {
    for (const listener of this.#listeners) {
      if (listener.silentUntil <= now) {
        const silence = this.#faults.strike("silent_order_stream", () => true);
        if (silence) listener.silentUntil = now + silence.durationMs;
      }
      if (this.#faults.strike("drop_order_socket", () => true)) {
        this.#drop(listener, CLOSE_DROPPED, "dropped by a fault switch");
      }
    }
  }

  #drop(listener: Listener, code: number, reason: string): void {
    this.#listeners.delete(listener);
    try {
      listener.socket.close(code, reason);
    } catch {
      // Closed already.
    }
  }

  endSilence(): void {
    for (const listener of this.#listeners) listener.silentUntil = 0;
  }
}
