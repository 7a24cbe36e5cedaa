/**
 * The one owner of an account's session: signs in, keeps token and credential sealed, and has everybody
 * who works with the token start over with each new one. What to do when is `src/domain/session.ts`.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { SessionGrant, SessionProof } from "../src/application/ports.ts";
import type { Incident } from "../src/application/reconcile-port.ts";
import type { Vault } from "../src/application/vault-port.ts";
import type {
  BrokerFailure,
  BrokerSessions,
  BrokerToken,
  SignInFailure,
  TokenSource,
} from "../src/brokers/broker.ts";
import type { SessionView } from "../src/contract/brokers.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { assert } from "../src/domain/assert.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { stepSession, type SessionAction, type SessionEvent } from "../src/domain/session.ts";
import {
  hasToken,
  nextLookAt,
  noSession,
  sessionStanding,
  type SessionState,
  takenUp,
} from "../src/domain/session-state.ts";
import { notTaken, untriable } from "./broker-manager.session-answers.ts";
import { sessionIncident } from "./broker-manager.session-news.ts";

export interface SessionHost {
  broker: string;
  account: string;
  sessions: BrokerSessions;
  /** What an automatic one signs in with when nobody has stored another. */
  defaultCredential: string | null;
  notes: { note(name: string): unknown; saveNote(name: string, content: unknown): void };
  vault: Vault;
  /** Somebody wants prices of a market that is open. */
  owesData(): boolean;
  /** Everybody who works with the token is to know, and to change over to it. */
  spread(grant: SessionGrant): Promise<void>;
  /** Waits for data over a socket of this generation, within the bound; false when none came. */
  dataFlows(generation: number): Promise<boolean>;
  tell(incident: Incident): Promise<void>;
  /** The clock brings something at that time. */
  armAt(at: number): void;
  log: Log;
}

const STATE = "session";
const TOKEN = "session_token";
const CREDENTIAL = "session_credential";
const NEWS = "session_news";

export class SessionKeeper implements TokenSource {
  readonly #host: SessionHost;
  #state: SessionState;
  /** Of the present generation; null after an eviction, until it is unsealed. */
  #token: string | null = null;
  #signingIn: Promise<SignInFailure | null> | null = null;
  /** The generation whose proof is waited for in this run. */
  #proving: number | null = null;

  constructor(host: SessionHost) {
    this.#host = host;
    const stored = host.notes.note(STATE) as SessionState | null;
    const { signIn } = host.sessions;
    this.#state = stored ? takenUp(stored, signIn, Date.now()) : noSession(signIn, Date.now());
  }

  /** Has the object woken when the clock brings something. */
  arm(): void {
    const at = this.#news().length > 0 ? Date.now() : nextLookAt(this.#state);
    if (at !== null) this.#host.armAt(at);
  }

  /** The token of now, after a sign-in when one is due. */
  async grant(): Promise<SessionGrant> {
    await this.#restore();
    this.#step({ kind: "look" });
    if (!hasToken(this.#state, Date.now())) await this.#signingIn;
    return this.#present();
  }

  async current(): Promise<Result<BrokerToken, BrokerFailure>> {
    const grant = await this.grant();
    return grant.kind === "token"
      ? ok(grant.token)
      : err({ kind: "session_expired", reason: grant.reason });
  }

  refused(generation: number, reason: string): void {
    this.#step({ kind: "refused", generation, reason });
  }

  /** By the clock: what ends, is due, was not told, or was not proven yet. */
  async look(): Promise<void> {
    this.#step({ kind: "look" });
    void this.#prove(this.#state.generation);
    await this.#tellNews();
  }

  /** A person brings what is needed, or asks to try again. Answers how it then stands. */
  async renew(proof: SessionProof): Promise<Result<SessionView, ApiError>> {
    const { broker, sessions, vault } = this.#host;
    const { signIn } = sessions;
    const refusal = untriable(proof, { broker, signIn, canKeep: vault.canKeep });
    if (refusal) return err(refusal);
    if (proof.credential !== undefined && signIn === "person") {
      // What it is worth shows with the next request token.
      this.#host.notes.saveNote(CREDENTIAL, await this.#seal(CREDENTIAL, proof.credential));
      return ok(this.view());
    }
    const failure = await this.#ask(proof);
    if (failure === null) return ok(this.view());
    return err(notTaken(failure, { broker, goesOn: hasToken(this.#state, Date.now()) }));
  }

  /** Each who asks has a sign-in of its own: the answer to another one says nothing of what was brought here. */
  async #ask(proof: SessionProof): Promise<SignInFailure | null> {
    for (let underWay = this.#signingIn; underWay !== null; underWay = this.#signingIn)
      await underWay;
    const isBrought = proof.requestToken !== undefined || proof.credential !== undefined;
    this.#step({ kind: "asked", isBrought }, proof);
    const begun = this.#signingIn;
    assert(begun !== null, "a sign-in that was asked for is under way");
    return begun;
  }

  view(): SessionView {
    const { signIn, generation, expiresAt, provenAt, reason } = this.#state;
    const state = sessionStanding(this.#state, Date.now());
    return { state, signIn, generation, expiresAt, provenAt, reason };
  }

  /** All in one run: the state is stored before anything that follows from it. */
  #step(event: SessionEvent, proof: SessionProof = {}): void {
    const { state, actions } = stepSession(this.#state, event, Date.now());
    if (state !== this.#state) {
      this.#state = state;
      this.#host.notes.saveNote(STATE, state);
    }
    for (const action of actions) this.#act(action, proof);
    this.arm();
  }

  #act(action: SessionAction, proof: SessionProof): void {
    switch (action.kind) {
      case "sign_in": {
        const signingIn = this.#signIn(proof).finally(() => {
          if (this.#signingIn === signingIn) this.#signingIn = null;
        });
        this.#signingIn = signingIn;
        return;
      }
      case "rebuild":
        void this.#rebuild(this.#state.generation);
        return;
      case "cut":
        this.#token = null;
        this.#host.notes.saveNote(TOKEN, null);
        this.#host.log("error", "session_ended", { reason: this.#state.reason });
        void this.#host.spread(this.#present());
        return;
      case "tell": {
        const { broker, account } = this.#host;
        const { generation } = this.#state;
        const incident = sessionIncident(action, { broker, account, generation, at: Date.now() });
        this.#host.notes.saveNote(NEWS, [...this.#news(), incident]);
        void this.#tellNews();
      }
    }
  }

  /** Null when signed in. Another credential is kept from then on, and not before. */
  async #signIn({ credential, requestToken }: SessionProof): Promise<SignInFailure | null> {
    const { sessions, log } = this.#host;
    try {
      const opened = await sessions.open({
        credential: credential ?? (await this.#credential()),
        requestToken: requestToken ?? null,
      });
      if (!opened.ok) {
        const { kind, reason } = opened.error;
        log("error", "sign_in_failed", { kind, reason });
        this.#step({ kind: "sign_in_failed", isRejected: kind === "rejected", reason });
        return opened.error;
      }
      const { token, expiresAt } = opened.value;
      const sealed = await this.#seal(TOKEN, token);
      const kept = credential === undefined ? null : await this.#seal(CREDENTIAL, credential);
      this.#token = token;
      this.#host.notes.saveNote(TOKEN, sealed);
      if (kept !== null) this.#host.notes.saveNote(CREDENTIAL, kept);
      const owesData = this.#host.owesData();
      this.#step({ kind: "signed_in", expiresAt, owesData, random: Math.random() });
      log("info", "signed_in", { generation: this.#state.generation, expiresAt });
      return null;
    } catch (error) {
      const reason = `the sign-in failed: ${errorText(error)}`;
      this.#step({ kind: "sign_in_failed", isRejected: false, reason });
      return { kind: "unavailable", reason };
    }
  }

  async #credential(): Promise<string | null> {
    const sealed = this.#host.notes.note(CREDENTIAL) as string | null;
    if (sealed === null) return this.#host.defaultCredential;
    return this.#host.vault.open(this.#nameOf(CREDENTIAL), sealed);
  }

  /** Null where nothing can be kept. */
  async #seal(what: string, secret: string): Promise<string | null> {
    const { vault } = this.#host;
    return vault.canKeep ? vault.seal(this.#nameOf(what), secret) : null;
  }

  /** A sealed text opens only where it belongs. */
  readonly #nameOf = (what: string): string => `${this.#host.broker}:${this.#host.account}:${what}`;

  /** Has everybody start over, and waits for the data that shows that the token is worth something. */
  async #rebuild(generation: number): Promise<void> {
    await this.#host.spread(this.#present());
    await this.#prove(generation);
  }

  /**
   * Waits for a price over a socket of this generation. Also by the clock: the wait ends with the object
   * that was waiting, and the first price may come after it.
   */
  async #prove(generation: number): Promise<void> {
    if (!this.#isUnproven(generation) || this.#proving === generation) return;
    this.#proving = generation;
    try {
      const flows = await this.#host.dataFlows(generation);
      const isProven = flows && this.#isUnproven(generation);
      this.#step(isProven ? { kind: "data", generation } : { kind: "look" });
      await this.#tellNews();
    } catch (error) {
      this.#host.log("error", "session_not_proven", { generation, error: errorText(error) });
    } finally {
      if (this.#proving === generation) this.#proving = null;
    }
  }

  /** One that was silent is proven by a price alone: it is not because nobody wants any just now. */
  #isUnproven(generation: number): boolean {
    const { status } = this.#state;
    if (this.#state.generation !== generation) return false;
    return status === "proving" || (status === "silent" && this.#host.owesData());
  }

  #present(): SessionGrant {
    const { generation, expiresAt, reason } = this.#state;
    if (hasToken(this.#state, Date.now()) && this.#token !== null)
      return { kind: "token", token: { generation, token: this.#token, expiresAt } };
    return { kind: "none", reason: reason ?? "nobody has signed in yet" };
  }

  /** After an eviction the token is only sealed. One that cannot be opened any more is as good as refused. */
  async #restore(): Promise<void> {
    if (this.#token !== null || !hasToken(this.#state, Date.now())) return;
    const { generation } = this.#state;
    const sealed = this.#host.notes.note(TOKEN) as string | null;
    const token = sealed && (await this.#host.vault.open(this.#nameOf(TOKEN), sealed));
    if (this.#token !== null || this.#state.generation !== generation) return;
    if (token) this.#token = token;
    else this.refused(generation, "its token was not kept");
  }

  #news(): Incident[] {
    return (this.#host.notes.note(NEWS) ?? []) as Incident[];
  }

  async #tellNews(): Promise<void> {
    for (const incident of this.#news()) {
      try {
        await this.#host.tell(incident);
      } catch (error) {
        // It stays in the list, and is told at the next look.
        this.#host.log("error", "session_news_not_told", { error: errorText(error) });
        return;
      }
      const rest = this.#news().filter(({ id }) => id !== incident.id);
      this.#host.notes.saveNote(NEWS, rest);
    }
  }
}
