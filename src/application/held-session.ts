/**
 * A broker's token as one object holds it: asked of its owner once, dropped when a newer one is learned,
 * and asked for again no more often than the bound while there is none. It asks no broker.
 */
import type { BrokerFailure, BrokerToken, TokenSource } from "../brokers/broker.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { SESSION_ASK_MS } from "../domain/session-limits.ts";
import { errorText, type Log } from "./log.ts";
import type { BrokerManagerPort, SessionGrant } from "./ports.ts";

export interface HeldSessionParts {
  owner: Pick<BrokerManagerPort, "session" | "sessionRefused">;
  now(): number;
  log: Log;
}

export class HeldSession implements TokenSource {
  readonly #parts: HeldSessionParts;
  #grant: SessionGrant | null = null;
  #askedAt = -Infinity;
  #asking: Promise<SessionGrant> | null = null;

  constructor(parts: HeldSessionParts) {
    this.#parts = parts;
  }

  /** Null before the first token, and while there is none. */
  get generation(): number | null {
    return this.#grant?.kind === "token" ? this.#grant.token.generation : null;
  }

  /** What the owner says; true when it changes what is held here. */
  learn(grant: SessionGrant): boolean {
    const before = this.generation;
    this.#grant = grant;
    this.#askedAt = this.#parts.now();
    return grant.kind === "none" || grant.token.generation !== before;
  }

  async current(): Promise<Result<BrokerToken, BrokerFailure>> {
    const held = this.#grant;
    const now = this.#parts.now();
    if (held?.kind === "token" && isAlive(held.token, now)) return ok(held.token);
    if (held?.kind === "none" && now - this.#askedAt < SESSION_ASK_MS) return expired(held.reason);
    try {
      this.#asking ??= this.#parts.owner.session().finally(() => {
        this.#asking = null;
      });
      const grant = await this.#asking;
      this.learn(grant);
      return grant.kind === "token" ? ok(grant.token) : expired(grant.reason);
    } catch (error) {
      return err({ kind: "network", reason: `nobody says the token: ${errorText(error)}` });
    }
  }

  refused(generation: number, reason: string): void {
    if (generation !== this.generation) return;
    this.learn({ kind: "none", reason });
    this.#parts.owner.sessionRefused(generation, reason).catch((error: unknown) => {
      // Asked again after the bound: by then the owner has found it out, or is told once more.
      this.#parts.log("warn", "session_refusal_not_told", { error: errorText(error) });
    });
  }
}

/** The token for a caller that lives too briefly to be told of a new one: it asks the owner each time. */
export const askedSession = (
  owner: HeldSessionParts["owner"],
  now: () => number,
  log: Log,
): TokenSource => ({
  current: () => new HeldSession({ owner, now, log }).current(),
  refused: (generation, reason) => {
    owner.sessionRefused(generation, reason).catch((error: unknown) => {
      log("warn", "session_refusal_not_told", { error: errorText(error) });
    });
  },
});

const isAlive = ({ expiresAt }: BrokerToken, now: number): boolean =>
  expiresAt === null || now < expiresAt;

const expired = (reason: string) => err({ kind: "session_expired" as const, reason });
