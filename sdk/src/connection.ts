/**
 * Keeps one socket to the platform open: dials, watches that data comes, and dials again with growing,
 * jittered pauses. It knows nothing of what the frames say.
 */
import { backoffDelay, CLOSE_KEY_REVOKED, CLOSE_MOVED } from "../../src/contract/stream.ts";
import { AlgoStoppedError, isHopeless, TrunklineError } from "./errors.ts";
import {
  MOVES_IN_A_ROW_MAX,
  RECONNECT_FACTOR,
  REQUESTS_OPEN_MAX,
  SENT_PER_SECOND_MAX,
  STABLE_CONNECTION_MS,
  type Timing,
} from "./limits.ts";
import { Pace } from "./pace.ts";
import type { OpenSocket, SocketLike } from "./socket-like.ts";

interface ConnectionOptions {
  url: string;
  key: string;
  open: OpenSocket;
  timing: Timing;
  random: () => number;
  /** A request that needs the key: tells a refused key from a line that is down. */
  probe(): Promise<void>;
  onText: (text: string) => void;
  /** The line was lost, or could not be had; `attempt` counts from 1, and is 0 when the platform asked to come back. */
  onDown(reason: string, attempt: number): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #socket: SocketLike | null = null;
  /** Set by the owner once the platform's first frame was understood. */
  #ready = false;
  #stopped = false;
  #pace: Pace | null = null;
  #wake: (() => void) | null = null;
  #drop: ((reason: string) => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Runs until `stop`; rejects only with what trying again cannot cure. */
  async run(): Promise<void> {
    let attempt = 0;
    let moves = 0;
    while (!this.#stopped) {
      const openedAt = Date.now();
      const { reason, ready, code } = await this.#hold();
      if (this.#stopped) return;
      if (code === CLOSE_KEY_REVOKED) throw revoked(reason);
      moves = code === CLOSE_MOVED && ready ? moves + 1 : 0;
      if (moves > 0 && moves <= MOVES_IN_A_ROW_MAX) {
        // Asked to come back: nothing is wrong with the line, so there is nothing to wait for.
        this.#options.onDown(reason, 0);
        continue;
      }
      // A socket that was refused does not tell why; a request does.
      const cause = ready ? null : await this.#causeOfRefusal();
      if (this.#stopped) return;
      attempt = ready && Date.now() - openedAt >= STABLE_CONNECTION_MS ? 0 : attempt;
      attempt += 1;
      this.#options.onDown(cause ?? reason, attempt);
      const { random, timing } = this.#options;
      const policy = {
        baseDelayMs: timing.reconnectBaseDelayMs,
        factor: RECONNECT_FACTOR,
        maxDelayMs: timing.reconnectMaxDelayMs,
      };
      await this.#pause(backoffDelay(policy, attempt - 1, random()));
    }
  }

  /** A request. False when there is no line: the caller sends again after the next welcome. */
  send(message: object): boolean {
    if (this.#pace === null || !this.#ready) return false;
    this.#pace.send(JSON.stringify(message));
    return true;
  }

  /** What is no request, before all that waits its turn: a later one of its kind makes it void. */
  sendAhead(message: { op: string }): boolean {
    if (this.#pace === null || !this.#ready) return false;
    this.#pace.sendAhead(JSON.stringify(message), message.op);
    return true;
  }

  /** A request was answered: the next one may go. */
  answered(): void {
    this.#pace?.answered();
  }

  welcomed(): void {
    this.#ready = true;
  }

  /** Gives the line up and dials anew. */
  replace(reason: string): void {
    this.#drop?.(reason);
  }

  stop(): void {
    this.#stopped = true;
    this.#drop?.("stopped");
    this.#wake?.();
  }

  /** One socket from dialling to its end. */
  async #hold(): Promise<{ reason: string; ready: boolean; code: number | null }> {
    const { open, url, key, timing, onText } = this.#options;
    let socket: SocketLike;
    try {
      socket = await open(url, key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { reason, ready: false, code: null };
    }
    const dialledAt = Date.now();
    let lastFrameAt = dialledAt;
    let watch: ReturnType<typeof setInterval> | undefined;
    let closedWith: number | null = null;
    const reason = await new Promise<string>((resolve) => {
      this.#drop = resolve;
      if (this.#stopped) resolve("stopped");
      socket.addEventListener("open", () => {
        this.#socket = socket;
        const answers = { openMax: REQUESTS_OPEN_MAX, waitMsMax: timing.subscribeTimeoutMs };
        this.#pace = new Pace(SENT_PER_SECOND_MAX, (text) => socket.send(text), answers);
      });
      socket.addEventListener("message", (event) => {
        if (this.#socket !== socket) return;
        lastFrameAt = Date.now();
        if (typeof event.data === "string") onText(event.data);
      });
      // What went wrong is told by the close that follows.
      socket.addEventListener("error", () => {});
      socket.addEventListener("close", ({ code, reason: text }) => {
        closedWith = code;
        resolve(`closed with ${code}${text === "" ? "" : ` (${text})`}`);
      });
      watch = setInterval(() => {
        const silentMs = Date.now() - lastFrameAt;
        if (this.#ready && silentMs > timing.silenceMaxMs) resolve(`silent for ${silentMs} ms`);
        else if (!this.#ready && Date.now() - dialledAt > timing.connectTimeoutMs) {
          resolve(`no welcome within ${timing.connectTimeoutMs} ms`);
        } else this.sendAhead({ op: "ping" });
      }, timing.pingIntervalMs);
    });
    if (watch !== undefined) clearInterval(watch);
    const ready = this.#ready;
    this.#pace?.stop();
    this.#pace = null;
    this.#socket = null;
    this.#ready = false;
    this.#drop = null;
    closeQuietly(socket);
    return { reason, ready, code: closedWith };
  }

  async #causeOfRefusal(): Promise<string | null> {
    try {
      await this.#options.probe();
      return null;
    } catch (error) {
      if (isHopeless(error)) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}

function closeQuietly(socket: SocketLike): void {
  try {
    socket.close(1000, "done");
  } catch {
    // A socket that is still connecting may refuse to be closed; nobody listens to it any more.
  }
}

const revoked = (reason: string): TrunklineError =>
  new TrunklineError({
    code: "UNAUTHENTICATED",
    message: `Trunkline closed the stream for good: ${reason}`,
  });

export const stopped = (): AlgoStoppedError => new AlgoStoppedError("the algo was stopped");
