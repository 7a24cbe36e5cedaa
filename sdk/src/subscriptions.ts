/**
 * What the algo wants to see, and which of its subscribe requests still await an answer. The wishes
 * outlive every socket; requests are sent again on each new one.
 */
import { issueText } from "../../src/contract/issue-text.ts";
import type { CandleInterval } from "../../src/contract/market.ts";
import { streamRequest, type StreamRequest } from "../../src/contract/stream.ts";
import { TrunklineError, TrunklineTimeoutError } from "./errors.ts";
import { partsOf } from "./parts.ts";
import { type Wish, Wishes } from "./wishes.ts";

/** Who awaits a subscribe: it is asked for in parts, and is there when all of them are. */
interface Caller {
  resolve(): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout> | null;
  instruments: readonly string[];
  /** Ids of the parts that are not there yet. */
  open: Set<string>;
}

interface Request {
  id: string;
  instruments: string[];
  wish: Wish;
  /** The platform has listed the instruments. */
  answered: boolean;
  awaitingHistory: Set<string>;
  /** Null for a repair: nobody awaits it. */
  caller: Caller | null;
}

/**
 * Why something is subscribed again: a `repair` mends the whole stream, a `refresh` reads the bars of some
 * once more and may take as long as the broker's history does.
 */
export type Again = "repair" | "refresh";

/** What a refusal changed. */
interface Refused {
  repair: boolean;
  /** Wanted no more. */
  dropped: string[];
  /** Those of them that the platform may have by now. */
  takenBack: string[];
  /** Wanted as before the refused call, which asked for them in another mode or interval. */
  asBefore: string[];
}

const isRepair = ({ id }: Request): boolean => id.startsWith("repair" satisfies Again);

export class Subscriptions {
  readonly #wishes = new Wishes();
  readonly #requests = new Map<string, Request>();
  readonly #timeoutMs: number;
  #lastId = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get instruments(): string[] {
    return this.#wishes.instruments;
  }

  wants(instrument: string): boolean {
    return this.#wishes.has(instrument);
  }

  intervalOf(instrument: string): CandleInterval | undefined {
    return this.#wishes.of(instrument)?.interval;
  }

  /** Those of them whose bars were asked for. */
  withHistory(instruments: readonly string[]): string[] {
    return instruments.filter(
      (instrument) => (this.#wishes.of(instrument)?.history ?? null) !== null,
    );
  }

  /** Records the wish; `answered` settles when the platform has answered, with all history asked for. */
  add(
    instruments: readonly string[],
    wish: Wish,
  ): { messages: StreamRequest[]; answered: Promise<void> } {
    const names = [...new Set(instruments)];
    check(subscribeMessage("subscribe", names, wish));
    const messages: StreamRequest[] = [];
    const answered = new Promise<void>((resolve, reject) => {
      const caller = { resolve, reject, timer: null, instruments: names, open: new Set<string>() };
      this.#wishes.want(names, wish, caller);
      for (const part of partsOf(names, wish.history)) {
        const id = this.#nextId("subscribe");
        caller.open.add(id);
        this.#requests.set(id, request(id, part, wish, caller));
        messages.push(subscribeMessage(id, part, wish));
      }
      this.#giveUpAfter(this.#timeoutMs * messages.length, caller);
    });
    return { messages, answered };
  }

  #giveUpAfter(timeoutMs: number, caller: Caller): void {
    caller.timer = setTimeout(() => {
      this.#end(caller);
      this.#wishes.settle(caller.instruments, caller);
      const what = list(caller.instruments);
      const text = `no answer to the subscribe of ${what} within ${timeoutMs} ms; the wish stands`;
      caller.reject(new TrunklineTimeoutError(text));
    }, timeoutMs);
  }

  /** Forgets the wishes; answers those that stood. */
  remove(instruments: readonly string[]): string[] {
    return this.#wishes.remove(instruments);
  }

  /** Everything to be said on a new socket, or to repair this one: what stands once, then what still awaits an answer. */
  all(): StreamRequest[] {
    const open = [...this.#requests.values()].filter((entry) => entry.caller !== null);
    this.#requests.clear();
    const asked = new Set(open.flatMap(({ instruments }) => instruments));
    // A call that names what stands may be refused: that is said for itself.
    const standing = this.#ask(this.instruments, "repair", (instrument) =>
      asked.has(instrument) ? this.#wishes.standing(instrument) : this.#wishes.of(instrument),
    );
    for (const { id, instruments, wish, caller } of open)
      this.#requests.set(id, request(id, instruments, wish, caller));
    return [
      ...standing,
      ...open.map(({ id, instruments, wish }) => subscribeMessage(id, instruments, wish)),
    ];
  }

  /** Subscribes again what is wanted of these, with its history. */
  refresh(instruments: readonly string[], kind: Again = "repair"): StreamRequest[] {
    return this.#ask(instruments, kind, (instrument) => this.#wishes.of(instrument));
  }

  /** As few messages as the platform takes for each kind of wish. */
  #ask(
    instruments: readonly string[],
    kind: Again,
    wishOf: (instrument: string) => Wish | undefined,
  ): StreamRequest[] {
    const groups = new Map<string, { wish: Wish; instruments: string[] }>();
    for (const instrument of instruments) {
      const wish = wishOf(instrument);
      if (wish === undefined) continue;
      const key = `${wish.interval} ${wish.history} ${wish.mode}`;
      const group = groups.get(key) ?? { wish, instruments: [] };
      group.instruments.push(instrument);
      groups.set(key, group);
    }
    return [...groups.values()].flatMap(({ wish, instruments: all }) =>
      partsOf(all, wish.history).map((part) => {
        const id = this.#nextId(kind);
        this.#requests.set(id, request(id, part, wish, null));
        return subscribeMessage(id, part, wish);
      }),
    );
  }

  /** Repairs that the platform has not answered yet. */
  get repairing(): boolean {
    return [...this.#requests.values()].some((entry) => isRepair(entry) && !entry.answered);
  }

  /** True when this answers a repair. */
  subscribed(requestId: string | undefined): boolean {
    const entry = requestId === undefined ? undefined : this.#requests.get(requestId);
    if (entry === undefined) return false;
    entry.answered = true;
    this.#settle(entry);
    return isRepair(entry);
  }

  historyCame(instrument: string): void {
    for (const entry of this.#requests.values()) {
      if (entry.awaitingHistory.delete(instrument)) this.#settle(entry);
    }
  }

  /**
   * The platform refused a request. If an algo awaits the answer, what the call asked for is taken back,
   * and wanted as it was before; a refused repair drops what was named. Of a subscribe in parts none stands.
   */
  refused(requestId: string, error: TrunklineError): Refused | null {
    const entry = this.#requests.get(requestId);
    if (entry === undefined) return null;
    this.#requests.delete(requestId);
    const { caller } = entry;
    if (caller === null) {
      const dropped = this.remove(error.details?.instruments ?? []);
      return { repair: true, dropped, takenBack: [], asBefore: [] };
    }
    this.#end(caller);
    if (entry.answered) this.#wishes.settle(entry.instruments, caller);
    const own = new Set(entry.instruments);
    const { gone, other } = this.#wishes.takeBack(caller.instruments, caller);
    const takenBack = gone.filter((instrument) => !own.has(instrument));
    caller.reject(error);
    return { repair: false, dropped: gone, takenBack, asBefore: other };
  }

  /** Fails everything that is still awaited. */
  close(error: Error): void {
    for (const { caller } of this.#requests.values()) {
      if (caller === null) continue;
      if (caller.timer !== null) clearTimeout(caller.timer);
      caller.reject(error);
    }
    this.#requests.clear();
  }

  #settle(entry: Request): void {
    if (!entry.answered || entry.awaitingHistory.size > 0) return;
    this.#requests.delete(entry.id);
    const { caller } = entry;
    if (caller === null) return;
    caller.open.delete(entry.id);
    if (caller.open.size > 0) return;
    this.#end(caller);
    this.#wishes.settle(caller.instruments, caller);
    caller.resolve();
  }

  /** Nobody awaits it any more. */
  #end({ timer, open }: Caller): void {
    if (timer !== null) clearTimeout(timer);
    for (const id of open) this.#requests.delete(id);
    open.clear();
  }

  #nextId(kind: string): string {
    this.#lastId += 1;
    return `${kind}-${this.#lastId}`;
  }
}

const request = (
  id: string,
  instruments: string[],
  wish: Wish,
  caller: Request["caller"],
): Request => ({
  id,
  instruments,
  wish,
  answered: false,
  awaitingHistory: new Set(wish.history === null ? [] : instruments),
  caller,
});

function subscribeMessage(requestId: string, instruments: string[], wish: Wish): StreamRequest {
  const { history, interval, mode } = wish;
  const bars = history === null ? {} : { history, interval };
  const less = mode === "quote" ? {} : { mode };
  return { op: "subscribe", channel: "ticks", instruments, ...bars, ...less, requestId };
}

/** Finds bad input before it is sent; the message names what and where. */
function check(message: StreamRequest): void {
  const parsed = streamRequest.safeParse(message, { error: issueText });
  if (parsed.success) return;
  const union = parsed.error.issues[0];
  const inner = union?.code === "invalid_union" ? union.errors[0] : undefined;
  const issues = (inner ?? parsed.error.issues).map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  const text = issues.map((issue) => `${issue.path} ${issue.message}`).join("; ");
  throw new TrunklineError({
    code: "BAD_REQUEST",
    message: `subscribe: ${text}`,
    details: { issues },
  });
}

const list = (names: readonly string[]): string =>
  names.length <= 3
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
