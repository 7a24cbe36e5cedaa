/**
 * Who may use the exchange: one token at a time, with a generation and an end. Until somebody has signed
 * in, anybody may, so that the exchange can be tried by hand; from then on nothing goes without the token.
 */
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import {
  PAPER_CREDENTIAL,
  PAPER_RULES,
  PAPER_SESSION_LIFETIME_MS,
} from "../src/brokers/paper/rules.ts";
import { sessionRequest } from "../src/brokers/paper/wire.ts";
import type { PaperView } from "../src/contract/paper.ts";
import { paperError, readBody } from "./paper-answers.ts";
import type { PaperStorage } from "./paper-broker.storage.ts";

/** Close code of a socket whose session is over. */
export const CLOSE_SESSION = 4401;

interface Issued {
  generation: number;
  token: string;
  expiresAt: number;
  issuedAt: number;
  /** Connections and subscriptions succeed, and no price ever comes: as at brokers after a rollover. */
  isSilent: boolean;
}

/** Which sign-in a socket belongs to; 0 when there was none yet. */
export interface SocketSession {
  generation: number;
  isSilent: boolean;
}

export class PaperSession {
  readonly #storage: PaperStorage;
  readonly #faults: FaultSwitches;
  #issued: Issued | null;
  #signIns: number;
  #refused = 0;

  constructor(storage: PaperStorage, faults: FaultSwitches) {
    this.#storage = storage;
    this.#faults = faults;
    this.#issued = storage.setting<Issued | null>("session", null);
    this.#signIns = storage.setting("signIns", 0);
  }

  /** How long a session lives that is opened from now on, ms. */
  get lifetimeMs(): number {
    return this.#storage.setting("sessionLifetimeMs", PAPER_SESSION_LIFETIME_MS);
  }

  set lifetimeMs(lifetimeMs: number) {
    this.#storage.saveSetting("sessionLifetimeMs", lifetimeMs);
  }

  /** `POST /session`. */
  async open(request: Request, now: () => number): Promise<Response> {
    const body = await readBody(request, sessionRequest);
    if (!body.ok) return body.error;
    this.#signIns += 1;
    this.#storage.saveSetting("signIns", this.#signIns);
    const isRejected = this.#faults.strike("reject_credentials", () => true) !== null;
    if (isRejected || body.value.credential !== PAPER_CREDENTIAL)
      return paperError("CREDENTIAL_REJECTED", "the exchange does not know this credential");
    const generation = (this.#issued?.generation ?? 0) + 1;
    const issuedAt = now();
    const issued: Issued = {
      generation,
      token: `${generation}.${crypto.randomUUID()}`,
      issuedAt,
      expiresAt: issuedAt + this.lifetimeMs,
      isSilent: this.#faults.strike("silent_after_rollover", () => true) !== null,
    };
    this.#save(issued);
    const { token, expiresAt } = issued;
    return Response.json({ token, generation, expiresAt });
  }

  /** Null when the request may pass; else the answer that refuses it. */
  refuse(request: Request, now: number): Response | null {
    const issued = this.#issued;
    if (!issued) return null;
    const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    const reason = refusalOf(issued, token, now);
    if (reason === null) return null;
    this.#refused += 1;
    return paperError("SESSION_EXPIRED", reason);
  }

  /** Of a socket that opens now. */
  ofSocket(): SocketSession {
    const { generation = 0, isSilent = false } = this.#issued ?? {};
    return { generation, isSilent };
  }

  /** Why a socket that was opened under this session is to be closed now; null while it may live. */
  ended({ generation }: SocketSession, now: number): string | null {
    const issued = this.#issued;
    // One that was opened before anybody signed in has nothing that could end.
    if (!issued || generation === 0) return null;
    if (generation < issued.generation)
      return now >= issued.issuedAt + PAPER_RULES.changeOverMs ? "there is a newer session" : null;
    return now >= issued.expiresAt ? "the session is over" : null;
  }

  /** Ends the present session before its time. */
  expire(now: number): void {
    if (this.#issued)
      this.#save({ ...this.#issued, expiresAt: Math.min(this.#issued.expiresAt, now) });
  }

  #save(issued: Issued): void {
    this.#issued = issued;
    this.#storage.saveSetting("session", issued);
  }

  view(): PaperView["session"] {
    const { generation = 0, expiresAt = null } = this.#issued ?? {};
    return { generation, expiresAt, signIns: this.#signIns, callsRefused: this.#refused };
  }
}

function refusalOf(issued: Issued, token: string | undefined, now: number): string | null {
  if (token === undefined) return "a token is needed: sign in first";
  if (token !== issued.token) return "this token is of an older session, or of none";
  return now >= issued.expiresAt ? "the session is over" : null;
}
