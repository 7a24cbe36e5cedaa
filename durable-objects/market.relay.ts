/** Tells the sockets of a market what concerns their instruments: gaps in the data, and how feeds and subscriptions stand. */
import type { LinkGap, LinkStatus } from "../src/contract/link.ts";
import type { StreamMessage } from "../src/contract/stream.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { Board } from "./market.board.ts";
import type { AlgoSocket } from "./market.socket.ts";

/**
 * Tells a socket which of the instruments that it has just subscribed stand in alarm. The alarm itself was
 * told when it came: before this socket held them.
 */
export function tellAlarms(
  board: Board,
  algo: AlgoSocket,
  instruments: readonly InstrumentId[],
): void {
  const alarmed = instruments.filter(
    (id) => algo.holds(id) && (board.get(id)?.alarm ?? null) !== null,
  );
  for (const [message, members] of Map.groupBy(alarmed, (id) => board.get(id)?.alarm ?? ""))
    algo.send({
      type: "status",
      subject: "instrument",
      state: "alarm",
      instruments: members,
      message,
    });
}

export class Relay {
  readonly #board: Board;
  readonly #algos: ReadonlyMap<WebSocket, AlgoSocket>;

  constructor(board: Board, algos: ReadonlyMap<WebSocket, AlgoSocket>) {
    this.#board = board;
    this.#algos = algos;
  }

  gap(gap: LinkGap, provider: string): void {
    const { instruments: concerned, isLinkOnly: _isLinkOnly, ...told } = gap;
    this.tell(concerned, (instruments) => ({ type: "gap", instruments, ...told, provider }));
  }

  status(status: LinkStatus): void {
    const { subject, state, message } = status;
    let concerned = status.instruments;
    if (subject === "instrument" && state === "live")
      concerned = concerned.filter((instrument) => this.#board.get(instrument)?.isLive !== true);
    for (const instrument of concerned) {
      const one = this.#board.get(instrument);
      if (!one || state === "connected") continue;
      one.isLive = state === "live";
      one.alarm = state === "alarm" ? message : null;
    }
    this.tell(concerned, (instruments) => ({
      type: "status",
      subject,
      state,
      instruments,
      message,
    }));
  }

  /** To every socket that holds any of these instruments, naming those it holds; to `status` sockets all. */
  tell(
    instruments: readonly InstrumentId[],
    message: (instruments: InstrumentId[]) => StreamMessage,
  ): void {
    if (instruments.length === 0) return;
    for (const algo of this.#algos.values()) {
      const own = algo.channels.has("status")
        ? [...instruments]
        : instruments.filter((instrument) => algo.holds(instrument));
      if (own.length > 0) algo.send(message(own));
    }
  }
}
