/**
 * Who may use the exchange: one token at a time, with a generation and an end. Until somebody has signed
 * in, anybody may, so that the exchange can be tried by hand; from then on nothing goes without the token.
 */
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import type { SignInKind } from "../src/brokers/broker.ts";
import {
  PAPER_CREDENTIAL,
  PAPER_REQUEST_TOKEN_MS,
  PAPER_RULES,
  PAPER_SESSION_LIFETIME_MS,
  paperDayEnd,
} from "../src/brokers/paper/rules.ts";
import { sessionRequest, type SessionRequest } from "../src/brokers/paper/wire.ts";
import type { PaperView, RequestTokenView } from "../src/contract/paper.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
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

/** Handed to a person, to be taken once. */
interface HandedOut extends RequestTokenView {
  isUsed: boolean;
}

/** So many are remembered: one that is forgotten is as unknown as one that never was. */
const REQUEST_TOKENS_MAX = 20;

/** Which sign-in a socket belongs to; 0 when there was none yet. */
export interface SocketSession {
  generation: number;
  isSilent: boolean;
}

export class PaperSession {
  readonly #storage: PaperStorage;
  readonly #faults: FaultSwitches;
  readonly #signIn: SignInKind;
  #issued: Issued | null;
  #signIns: number;
  #refused = 0;

  constructor(storage: PaperStorage, faults: FaultSwitches, signIn: SignInKind) {
    this.#storage = storage;
    this.#faults = faults;
    this.#signIn = signIn;
    this.#issued = storage.setting<Issued | null>("session", null);
    this.#signIns = storage.setting("signIns", 0);
  }

  /** When a session ends that is opened then: a person's at the daily hour, unless a length was set. */
  #endOf(issuedAt: number): number {
    const set = this.#storage.setting<number | null>("sessionLifetimeMs", null);
    if (set !== null) return issuedAt + set;
    return this.#signIn === "person" ? paperDayEnd(issuedAt) : issuedAt + PAPER_SESSION_LIFETIME_MS;
  }

  /** How long sessions live that are opened from now on. */
  set lifetimeMs(lifetimeMs: number) {
    this.#storage.saveSetting("sessionLifetimeMs", lifetimeMs);
  }

  /** As the exchange's sign-in page does, once it knows the person. The error is for whoever asked. */
  handOut(now: number): Result<RequestTokenView, string> {
    if (this.#signIn === "automatic") return err(NOBODY_HAS_TO);
    const handed = { requestToken: crypto.randomUUID(), expiresAt: now + PAPER_REQUEST_TOKEN_MS };
    this.#saveHandedOut([...this.#handedOut(), { ...handed, isUsed: false }]);
    return ok(handed);
  }

  /** `POST /session`. */
  async open(request: Request, now: () => number): Promise<Response> {
    const body = await readBody(request, sessionRequest);
    if (!body.ok) return body.error;
    this.#signIns += 1;
    this.#storage.saveSetting("signIns", this.#signIns);
    const isRejected = this.#faults.strike("reject_credentials", () => true) !== null;
    const refusal = isRejected ? UNKNOWN_CREDENTIAL : this.#refusalOf(body.value, now());
    if (refusal !== null) return paperError("CREDENTIAL_REJECTED", refusal);
    const generation = (this.#issued?.generation ?? 0) + 1;
    const issuedAt = now();
    const issued: Issued = {
      generation,
      token: `${generation}.${crypto.randomUUID()}`,
      issuedAt,
      expiresAt: this.#endOf(issuedAt),
      isSilent: this.#faults.strike("silent_after_rollover", () => true) !== null,
    };
    this.#save(issued);
    const { token, expiresAt } = issued;
    return Response.json({ token, generation, expiresAt });
  }

  /** Null when it is taken: a request token is used up by that. */
  #refusalOf(proof: SessionRequest, now: number): string | null {
    if (this.#signIn === "automatic")
      return "credential" in proof && proof.credential === PAPER_CREDENTIAL
        ? null
        : UNKNOWN_CREDENTIAL;
    if (!("requestToken" in proof)) return "a person has to bring a request token";
    const handedOut = this.#handedOut();
    const found = handedOut.find(({ requestToken }) => requestToken === proof.requestToken);
    const refusal = refusalOfHandedOut(found, now);
    if (refusal !== null) return `${refusal}; ${FETCH_ANOTHER}`;
    this.#saveHandedOut(handedOut.map((one) => (one === found ? { ...one, isUsed: true } : one)));
    return null;
  }

  #handedOut(): HandedOut[] {
    return this.#storage.setting<HandedOut[]>("requestTokens", []);
  }

  #saveHandedOut(handedOut: HandedOut[]): void {
    this.#storage.saveSetting("requestTokens", handedOut.slice(-REQUEST_TOKENS_MAX));
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
    const counts = { signIns: this.#signIns, callsRefused: this.#refused };
    return { signIn: this.#signIn, generation, expiresAt, ...counts };
  }
}

const NOBODY_HAS_TO =
  'this exchange signs in by itself and takes no request token; set PAPER_SIGN_IN = "person" in wrangler.toml, and a person signs in at the account paper';

const UNKNOWN_CREDENTIAL = "the exchange does not take this credential";

const FETCH_ANOTHER = "fetch another one with POST /v1/paper/request-tokens";

function refusalOfHandedOut(found: HandedOut | undefined, now: number): string | null {
  if (!found) return "the exchange has handed out no such request token";
  if (found.isUsed) return "this request token was used before, and each is taken once";
  const minutes = PAPER_REQUEST_TOKEN_MS / 60_000;
  return now >= found.expiresAt ? `this request token was older than ${minutes} minutes` : null;
}

function refusalOf(issued: Issued, token: string | undefined, now: number): string | null {
  if (token === undefined) return "a token is needed: sign in first";
  if (token !== issued.token) return "this token is of an older session, or of none";
  return now >= issued.expiresAt ? "the session is over" : null;
}
