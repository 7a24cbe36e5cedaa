/** The sockets from shards to a market: reads their frames onto the board and relays what they tell. */
import {
  AGAIN_LINE,
  markerLine,
  readLinkFrame,
  type LinkGap,
  type LinkStatus,
} from "../src/contract/link.ts";
import { type BarWants, type LinkBars, wantsText } from "../src/contract/link-bars.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { CLOSE_LINK_UNWANTED } from "../src/domain/market-limits.ts";
import type { Board, BoardInstrument } from "./market.board.ts";
import type { ProviderBars } from "./market.candles.ts";
import { FlushPace } from "./market.pace.ts";

const NO_BARS = wantsText({ "1s": [], "1m": [] });

const ticking = (instruments: InstrumentId[]): LinkStatus => ({
  subject: "instrument",
  state: "live",
  instruments,
  message: "its ticks come",
});

export interface LinkAttachment {
  kind: "link";
  shard: string;
  provider: string;
}

export interface LinksHost {
  /** What a shard calls each instrument has changed: a rare thing, and worth storing. */
  saveAliases(shard: string, aliases: Iterable<[number, InstrumentId]>): void;
  gap(gap: LinkGap, provider: string): void;
  status(status: LinkStatus): void;
  bars(bars: ProviderBars): void;
  /** The lengths of parts of which bars of an instrument are wanted. */
  barUnits(instrument: InstrumentId): ReadonlySet<LinkBars["unit"]>;
  /** The first tick since a switch of provider is here. */
  resumed(one: BoardInstrument): void;
}

interface Link extends LinkAttachment {
  socket: WebSocket;
  /** The bars that its shard was asked for last. */
  asked: string;
  /** By the shard's alias. */
  instruments: Map<number, BoardInstrument>;
}

export class MarketLinks {
  readonly #board: Board;
  readonly #host: LinksHost;
  readonly #pace: FlushPace;
  readonly #links = new Map<WebSocket, Link>();
  unreadable = 0;
  /** Ticks of providers that an instrument is not taken from. */
  fenced = 0;

  constructor(board: Board, host: LinksHost) {
    this.#board = board;
    this.#host = host;
    this.#pace = new FlushPace(board);
  }

  /** Takes a shard's new socket. An older one of the same shard is closed. */
  open(socket: WebSocket, attachment: LinkAttachment, aliases: [number, InstrumentId][]): void {
    for (const link of this.#links.values()) {
      if (link.shard !== attachment.shard) continue;
      this.#links.delete(link.socket);
      link.socket.close(1000, "replaced by a newer link");
    }
    const instruments = new Map<number, BoardInstrument>();
    for (const [alias, instrument] of aliases) {
      const one = this.#board.get(instrument);
      if (one) instruments.set(alias, one);
    }
    this.#links.set(socket, { ...attachment, socket, asked: NO_BARS, instruments });
  }

  /** After an eviction: what its shard told when the link was opened is forgotten but for the names. */
  restore(socket: WebSocket, attachment: LinkAttachment, aliases: [number, InstrumentId][]): void {
    this.open(socket, attachment, aliases);
    send(socket, AGAIN_LINE);
  }

  /** Answers a shard that dials: its socket sleeps with the object. */
  accept(ctx: Pick<DurableObjectState, "acceptWebSocket">, url: URL): Response {
    const shard = url.searchParams.get("shard") ?? "";
    const provider = url.searchParams.get("provider") ?? "";
    const { 0: client, 1: server } = new WebSocketPair();
    ctx.acceptWebSocket(server);
    const attachment: LinkAttachment = { kind: "link", shard, provider };
    server.serializeAttachment(attachment);
    this.open(server, attachment, []);
    return new Response(null, { status: 101, webSocket: client });
  }

  has(socket: WebSocket): boolean {
    return this.#links.has(socket);
  }

  /** The tick path: no storage but for new aliases, nothing parsed but the alias and `seq`. */
  read(socket: WebSocket, text: string): void {
    const link = this.#links.get(socket);
    if (!link) return;
    let hasNewAliases = false;
    let isSnapshotFrame = false;
    let begun: Set<InstrumentId> | null = null;
    // After an eviction no shard says again what it has said: a tick says it.
    const tellBegun = () => {
      if (begun) this.#host.status(ticking([...begun]));
      begun = null;
    };
    // What was told before a gap or a status is to be seen before it.
    const flush = () => {
      if (isSnapshotFrame) this.#board.flush(true);
      else this.#board.settle();
    };
    readLinkFrame(text, {
      alias: (alias, instrument) => {
        const one = this.#board.get(instrument);
        // An instrument that no socket ever asked for has no place here; its ticks are skipped.
        // What was known, and is told again, is not stored again.
        if (!one || link.instruments.get(alias) === one) return;
        link.instruments.set(alias, one);
        hasNewAliases = true;
      },
      tick: (alias, fields, isSnapshot, depth) => {
        if (isSnapshot && !isSnapshotFrame) this.#board.settle();
        isSnapshotFrame = isSnapshot;
        const one = link.instruments.get(alias);
        if (!one) return;
        if (one.provider !== link.provider) {
          this.fenced += 1;
          return;
        }
        if (one.gapFrom !== null && !isSnapshot) {
          flush();
          this.#host.resumed(one);
        }
        if (one.isLive === null && !isSnapshot) (begun ??= new Set()).add(one.instrument);
        this.#board.take(one, fields, depth);
      },
      lateTick: (alias, fields) => {
        const one = link.instruments.get(alias);
        if (one?.provider === link.provider) this.#board.takeLate(one, fields);
        else if (one) this.fenced += 1;
      },
      gap: (gap) => {
        flush();
        this.#host.gap({ ...gap, instruments: this.#own(gap.instruments, link) }, link.provider);
      },
      status: (status) => {
        flush();
        tellBegun();
        this.#host.status({ ...status, instruments: this.#own(status.instruments, link) });
      },
      bars: (bars) => {
        const one = link.instruments.get(bars.alias);
        const { provider } = link;
        if (one?.provider === provider)
          this.#host.bars({ ...bars, instrument: one.instrument, provider });
      },
      marker: (marker) => socket.send(markerLine(marker)),
      unreadable: () => {
        this.unreadable += 1;
      },
    });
    tellBegun();
    if (isSnapshotFrame) this.#board.flush(true);
    else this.#pace.soon(Date.now());
    if (!hasNewAliases) return;
    this.#saveAliases(link);
    this.#askForBars(link);
  }

  /** What is wanted of bars has changed, or whom it is wanted from. */
  askForBars(): void {
    for (const link of this.#links.values()) this.#askForBars(link);
  }

  #askForBars(link: Link): void {
    const wants: BarWants = { "1s": [], "1m": [] };
    for (const [alias, { instrument, provider }] of link.instruments)
      if (provider === link.provider)
        for (const unit of this.#host.barUnits(instrument)) wants[unit].push(alias);
    const text = wantsText(wants);
    if (text === link.asked) return;
    link.asked = text;
    send(link.socket, text);
  }

  /**
   * The link is gone: which shard it was, and what nobody brings now. Null for one that was replaced, and for
   * one that its shard gave up because all it brought has moved to others: nothing is missing then.
   */
  close(
    socket: WebSocket,
    code: number | null,
  ): { shard: string; instruments: InstrumentId[] } | null {
    const link = this.#links.get(socket);
    if (!link) return null;
    this.#links.delete(socket);
    const isGivenUp = code === CLOSE_LINK_UNWANTED;
    const elsewhere = isGivenUp ? this.#broughtBy(link.provider) : new Set();
    const instruments = [...link.instruments.values()]
      .filter((one) => one.provider === link.provider && !elsewhere.has(one))
      .map(({ instrument }) => instrument);
    if (isGivenUp && instruments.length === 0) return null;
    this.#board.settle();
    return { shard: link.shard, instruments };
  }

  /** What the open links of a provider were told of. */
  #broughtBy(provider: string): Set<BoardInstrument> {
    const links = [...this.#links.values()].filter((link) => link.provider === provider);
    return new Set(links.flatMap(({ instruments }) => [...instruments.values()]));
  }

  /** Those that are taken from this link's provider: of the others it has nothing to tell. */
  #own(instruments: readonly InstrumentId[], { provider }: Link): InstrumentId[] {
    return instruments.filter((instrument) => this.#board.get(instrument)?.provider === provider);
  }

  #saveAliases(link: Link): void {
    const aliases = [...link.instruments].map(([alias, { instrument }]): [number, InstrumentId] => [
      alias,
      instrument,
    ]);
    this.#host.saveAliases(link.shard, aliases);
  }
}

function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // The link is gone: the next one is asked.
  }
}
