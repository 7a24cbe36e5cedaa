/**
 * Which of an instrument's ranked providers is the active one. The active one is left after a bound of
 * bad health, and a better one is taken back only after a settled period, so that two that waver never
 * make the feed waver with them. Pure: a state and an event give a new state and what happened.
 */

/** `fresh`: brings news. `stale`: connected, without news. `unknown`: not heard of yet. */
export const PROVIDER_STATES = ["fresh", "stale", "disconnected", "unknown"] as const;

export type ProviderState = (typeof PROVIDER_STATES)[number];

export interface ProviderHealth {
  state: ProviderState;
  /** Since when it has been fresh or, in whatever way, not fresh; ms since 1970. */
  since: number;
}

/**
 * Why the provider changed: what was wrong with the one before, `settled` for a better one taken back,
 * `ranks` for one that is no longer ranked.
 */
export const SWITCH_CAUSES = ["stale", "disconnected", "unknown", "settled", "ranks"] as const;

export type SwitchCause = (typeof SWITCH_CAUSES)[number];

export interface FailoverState {
  /** Best first; never empty. */
  ranked: readonly string[];
  /** The one provider whose ticks consumers get. It stays in place while all are down: what it brings is passed on. */
  carrier: string;
  /** Every ranked provider is down: there is no active one. */
  isDown: boolean;
  /** Rises with every switch. */
  term: number;
  switchedAt: number;
  /** The last switch; null before the first. */
  switched: { from: string; cause: SwitchCause } | null;
  health: Readonly<Record<string, ProviderHealth>>;
}

export type FailoverEvent =
  | { kind: "health"; provider: string; state: ProviderState }
  | { kind: "ranks"; ranked: readonly string[] }
  /** Time has passed. */
  | { kind: "look" };

export type FailoverHappening =
  | { kind: "switch"; from: string; to: string; cause: SwitchCause }
  /** The last provider went down, or the first one came back. */
  | { kind: "down" }
  | { kind: "up" };

export interface FailoverBounds {
  /** How long the active one may be in bad health. */
  leaveMs: number;
  /** How long it may be unheard of: an instrument that moves between shards is, for a moment, though its ticks go on. */
  unheardMs: number;
  /** How long nothing may be known of any of them before they count as down: a slow instrument is no outage. */
  unknownMs: number;
  /** How long a better one must have been in good health, and the present one in place, before it is taken back. */
  settleMs: number;
  /** Since when news is due, ms since 1970: a session's opening. The silence of the night before is no fault. */
  dueSince: number;
}

export interface FailoverStep {
  state: FailoverState;
  happened: FailoverHappening[];
}

/** The provider that an entry may rely on; null while all are down. */
export const activeProvider = (state: FailoverState): string | null =>
  state.isDown ? null : state.carrier;

/** A new instrument is on its best provider, of which nothing is known yet. */
export function startFailover(ranked: readonly string[], now: number): FailoverState {
  return {
    ranked,
    carrier: ranked[0] ?? "",
    isDown: false,
    term: 0,
    switchedAt: now,
    switched: null,
    health: Object.fromEntries(ranked.map((provider) => [provider, unheard(now)])),
  };
}

const unheard = (now: number): ProviderHealth => ({ state: "unknown", since: now });

/** Wanted again after nobody did: what was wrong then says nothing now, and each is given time to bring something. */
export function wantedAgain(state: FailoverState, now: number): FailoverState {
  const health = Object.entries(state.health).map(([provider, known]) => [
    provider,
    known.state === "fresh" ? known : unheard(now),
  ]);
  return { ...state, isDown: false, health: Object.fromEntries(health) };
}

/** Takes one event; the same events at the same times always give the same switches. */
export function failover(
  before: FailoverState,
  event: FailoverEvent,
  now: number,
  bounds: FailoverBounds,
): FailoverStep {
  return decide(noted(before, event, now), now, bounds);
}

/** Notes an event without deciding anything: a shut market brings no news, and that is no fault. */
export function noted(state: FailoverState, event: FailoverEvent, now: number): FailoverState {
  switch (event.kind) {
    case "health": {
      const { provider } = event;
      const known = state.health[provider];
      const isInTrouble = known?.state === "stale" || known?.state === "disconnected";
      // That nobody can tell ends no trouble: connected again, it has still brought nothing.
      const health = event.state === "unknown" && isInTrouble ? "stale" : event.state;
      if (known?.state === health) return state;
      // From stale to disconnected is one trouble, not two: its time does not begin anew. That nobody could
      // tell how a slow instrument is was none.
      const isNewTrouble = known?.state === "unknown" && health === "disconnected";
      const isSameTrouble = known?.state !== "fresh" && health !== "fresh" && !isNewTrouble;
      const since = known && isSameTrouble ? known.since : now;
      return { ...state, health: { ...state.health, [provider]: { state: health, since } } };
    }
    case "ranks": {
      const health = Object.fromEntries(
        event.ranked.map((provider) => [provider, state.health[provider] ?? unheard(now)]),
      );
      return { ...state, ranked: event.ranked, health };
    }
    case "look":
      return state;
  }
}

/** A carrier that is bad for now may still be waited for; then the best fresh one takes over. */
function decide(state: FailoverState, now: number, bounds: FailoverBounds): FailoverStep {
  const { ranked, carrier, isDown } = state;
  const fresh = ranked.filter((provider) => state.health[provider]?.state === "fresh");
  const [best] = fresh;
  if (!ranked.includes(carrier)) return switchTo(state, best ?? ranked[0] ?? carrier, "ranks", now);
  const health = state.health[carrier] ?? unheard(now);
  if (health.state === "fresh") {
    const better = fresh.find((provider) => isSettled(state, provider, now, bounds.settleMs));
    if (better !== undefined && ranked.indexOf(better) < ranked.indexOf(carrier))
      return switchTo(state, better, "settled", now);
    if (!isDown) return { state, happened: [] };
    return { state: { ...state, isDown: false }, happened: [{ kind: "up" }] };
  }
  const badMs = now - Math.max(health.since, bounds.dueSince);
  if (!isDown && badMs < patienceMs(health, bounds)) return { state, happened: [] };
  if (best !== undefined) return switchTo(state, best, health.state, now);
  if (isDown || badMs < downAfterMs(health, bounds)) return { state, happened: [] };
  return { state: { ...state, isDown: true }, happened: [{ kind: "down" }] };
}

/** Not heard of is not heard badly of: whoever begins to tell is given time to. */
const patienceMs = ({ state }: ProviderHealth, { leaveMs, unheardMs }: FailoverBounds): number =>
  state === "unknown" ? Math.max(leaveMs, unheardMs) : leaveMs;

/** The same while there is no other one to take. */
const downAfterMs = ({ state }: ProviderHealth, bounds: FailoverBounds): number =>
  state === "unknown" ? bounds.unknownMs : bounds.leaveMs;

const isSettled = (
  { health, switchedAt }: FailoverState,
  provider: string,
  now: number,
  settleMs: number,
): boolean => now - Math.max(health[provider]?.since ?? now, switchedAt) >= settleMs;

function switchTo(state: FailoverState, to: string, cause: SwitchCause, now: number): FailoverStep {
  const from = state.carrier;
  const isDown = state.health[to]?.state !== "fresh" && state.isDown;
  const happened: FailoverHappening[] = [{ kind: "switch", from, to, cause }];
  if (state.isDown && !isDown) happened.push({ kind: "up" });
  const term = state.term + 1;
  const switched = { from, cause };
  return { state: { ...state, carrier: to, isDown, term, switchedAt: now, switched }, happened };
}

/** When time alone may change something next, ms since 1970; null while only news can. */
export function nextLookAt(state: FailoverState, bounds: FailoverBounds): number | null {
  const { ranked, carrier, health, isDown, switchedAt } = state;
  const own = health[carrier];
  if (own && own.state !== "fresh") {
    if (isDown) return null;
    const hasOther = ranked.some((provider) => health[provider]?.state === "fresh");
    const waitMs = hasOther ? patienceMs(own, bounds) : downAfterMs(own, bounds);
    return Math.max(own.since, bounds.dueSince) + waitMs;
  }
  const better = ranked
    .slice(0, Math.max(0, ranked.indexOf(carrier)))
    .flatMap((provider) => (health[provider]?.state === "fresh" ? [health[provider].since] : []));
  if (better.length === 0) return null;
  return Math.max(Math.min(...better), switchedAt) + bounds.settleMs;
}
