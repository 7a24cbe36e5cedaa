/**
 * The one owner of an account's session: signs in, keeps token and credential sealed, and has everybody
 * who works with the token start over with each new one. What to do when is `src/domain/session.ts`.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { SessionGrant, SessionProof } from "../src/application/ports.ts";
import type { Incident } from "../src/application/reconcile-port.ts";
import type {
  BrokerFailure,
  BrokerSessions,
  BrokerToken,
  TokenSource,
} from "../src/brokers/broker.ts";
import type { SessionView } from "../src/contract/brokers.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { stepSession, type SessionAction, type SessionEvent } from "../src/domain/session.ts";
import {
  hasToken,
  nextLookAt,
  noSession,
  sessionStanding,
  type SessionState,
} from "../src/domain/session-state.ts";
import type { Vault } from "../src/platform/vault.ts";
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
  #signingIn: Promise<void> | null = null;

  constructor(host: SessionHost) {
    this.#host = host;
    const stored = host.notes.note(STATE) as SessionState | null;
    this.#state = stored ?? noSession(host.sessions.signIn, Date.now());
    // A run that died in the middle of a sign-in has no answer to wait for.
    if (this.#state.signingInSince !== null)
      this.#state = { ...this.#state, signingInSince: null, nextTryAt: Date.now() };
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

  /** By the clock: what ends, is due or was not told. */
  async look(): Promise<void> {
    this.#step({ kind: "look" });
    await this.#tellNews();
  }

  /** A person brings what is needed, or asks to try again. Answers how it then stands. */
  async renew(proof: SessionProof): Promise<Result<SessionView, ApiError>> {
    const { signIn } = this.#host.sessions;
    if (proof.requestToken !== undefined && signIn === "automatic")
      return refused("requestToken", `${this.#host.broker} signs in by itself: it takes none`);
    if (proof.requestToken === undefined && proof.credential === undefined && signIn === "person")
      return refused("requestToken", `${this.#host.broker} needs one from a person`);
    if (proof.credential !== undefined) {
      if (!this.#host.vault.canKeep)
        return refused("credential", "cannot be kept: this deployment has no CREDENTIALS_KEY");
      const sealed = await this.#host.vault.seal(this.#nameOf(CREDENTIAL), proof.credential);
      this.#host.notes.saveNote(CREDENTIAL, sealed);
    }
    await this.#signingIn;
    this.#step({ kind: "asked" }, proof.requestToken ?? null);
    await this.#signingIn;
    const view = this.view();
    return hasToken(this.#state, Date.now())
      ? ok(view)
      : err({
          code: "BROKER_SESSION_EXPIRED",
          message: `${this.#host.broker} did not take it: ${view.reason ?? "no session"}`,
          details: null,
        });
  }

  view(): SessionView {
    const { signIn, generation, expiresAt, provenAt, reason } = this.#state;
    const state = sessionStanding(this.#state, Date.now());
    return { state, signIn, generation, expiresAt, provenAt, reason };
  }

  /** All in one run: the state is stored before anything that follows from it. */
  #step(event: SessionEvent, requestToken: string | null = null): void {
    const { state, actions } = stepSession(this.#state, event, Date.now());
    if (state !== this.#state) {
      this.#state = state;
      this.#host.notes.saveNote(STATE, state);
    }
    for (const action of actions) this.#act(action, requestToken);
    this.arm();
  }

  #act(action: SessionAction, requestToken: string | null): void {
    switch (action.kind) {
      case "sign_in":
        this.#signingIn = this.#signIn(requestToken).finally(() => {
          this.#signingIn = null;
        });
        return;
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

  async #signIn(requestToken: string | null): Promise<void> {
    const { sessions, vault, log } = this.#host;
    try {
      const opened = await sessions.open({ credential: await this.#credential(), requestToken });
      if (!opened.ok) {
        const { kind, reason } = opened.error;
        log("error", "sign_in_failed", { kind, reason });
        return this.#step({ kind: "sign_in_failed", isRejected: kind === "rejected", reason });
      }
      const { token, expiresAt } = opened.value;
      const sealed = vault.canKeep ? await vault.seal(this.#nameOf(TOKEN), token) : null;
      this.#token = token;
      this.#host.notes.saveNote(TOKEN, sealed);
      const owesData = this.#host.owesData();
      this.#step({ kind: "signed_in", expiresAt, owesData, random: Math.random() });
      log("info", "signed_in", { generation: this.#state.generation, expiresAt });
    } catch (error) {
      const reason = `the sign-in failed: ${errorText(error)}`;
      this.#step({ kind: "sign_in_failed", isRejected: false, reason });
    }
  }

  async #credential(): Promise<string | null> {
    const sealed = this.#host.notes.note(CREDENTIAL) as string | null;
    if (sealed === null) return this.#host.defaultCredential;
    return this.#host.vault.open(this.#nameOf(CREDENTIAL), sealed);
  }

  /** A sealed text opens only where it belongs. */
  readonly #nameOf = (what: string): string => `${this.#host.broker}:${this.#host.account}:${what}`;

  /** Has everybody start over, and waits for the data that shows that the token is worth something. */
  async #rebuild(generation: number): Promise<void> {
    try {
      await this.#host.spread(this.#present());
      if (this.#state.generation !== generation || this.#state.status !== "proving") return;
      if (await this.#host.dataFlows(generation)) this.#step({ kind: "data", generation });
      else await this.look();
    } catch (error) {
      this.#host.log("error", "session_not_proven", { generation, error: errorText(error) });
    }
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

const refused = (path: string, message: string): { ok: false; error: ApiError } =>
  err({
    code: "BAD_REQUEST",
    message: `${path}: ${message}`,
    details: { issues: [{ path, message }] },
  });
