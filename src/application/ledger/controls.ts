/**
 * What people lay down beside limits and the kill switch, each in one transaction with its audit row:
 * sleep, pauses, blocks, registrations, trip settings, trading states and the lease.
 */
import type { ControlCommand, RiskControlsView } from "../../contract/risk-controls.ts";
import type { ApiError } from "../../contract/errors.ts";
import { CONTROLS_PER_KIND_MAX } from "../../domain/limits.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ControlChange, Lease } from "../../domain/risk/controls.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import {
  changedTrip,
  foreignBound,
  missingBound,
  type TripName,
} from "../../domain/risk/trips/settings.ts";
import { unknownTrips } from "../../domain/risk/trips/unknown.ts";
import { badField } from "../order-errors.ts";
import type { LedgerBook } from "./book.ts";
import type { KillSwitch } from "./kill-switch.ts";
import type { OwedCalls } from "./ports.ts";
import type { LedgerTrips } from "./trips.ts";

type Command<Kind extends ControlCommand["kind"]> = Extract<ControlCommand, { kind: Kind }>;

type Outcome = Result<null, ApiError>;

export class LedgerControls {
  readonly #book: LedgerBook;
  readonly #gateways: OwedCalls;
  readonly #killSwitch: KillSwitch;
  readonly #trips: Pick<LedgerTrips, "tripped" | "cancel">;
  readonly #clockOffset: (broker: string, offsetMs: number) => void;

  constructor(parts: {
    book: LedgerBook;
    gateways: OwedCalls;
    killSwitch: KillSwitch;
    trips: Pick<LedgerTrips, "tripped" | "cancel">;
    /** Hands a measured offset to the trips. */
    clockOffset: (broker: string, offsetMs: number) => void;
  }) {
    this.#book = parts.book;
    this.#gateways = parts.gateways;
    this.#killSwitch = parts.killSwitch;
    this.#trips = parts.trips;
    this.#clockOffset = parts.clockOffset;
  }

  async run(
    command: ControlCommand,
    by: string,
    now: number,
  ): Promise<Result<RiskControlsView, ApiError>> {
    const done = await this.#run(command, by, now);
    return done.ok ? ok(this.view(now)) : done;
  }

  view(now: number): RiskControlsView {
    return controlsView(this.#book.state(now), now, this.#gateways.unfenced());
  }

  async #run(command: ControlCommand, by: string, now: number): Promise<Outcome> {
    switch (command.kind) {
      case "restrict":
      case "lift":
        return this.#book.commit(now, (state) => this.#restrict(state, command, by, now));
      case "register":
        return this.#book.commit(now, (state) => this.#register(state, command, by, now));
      case "trading_state":
        return this.#setTradingState(command, by, now);
      case "trips":
        return this.#book.commit(now, (state) => this.#setTrips(state, command, by, now));
      case "take_lease":
        return this.#takeLease(command, by, now);
      case "reconcile_failed": {
        const { reason, scope } = command;
        await this.#trips.tripped("reconcileFailure", scope, reason, now);
        return ok(null);
      }
      case "clock_offset":
        this.#clockOffset(command.broker, command.offsetMs);
        return ok(null);
    }
  }

  /** A halt may end by it: what is to be canceled then goes out as after a reset of the kill switch. */
  async #setTradingState(
    { scope, state, reason }: Command<"trading_state">,
    by: string,
    now: number,
  ): Promise<Outcome> {
    const set = await this.#killSwitch.set(scope, state, reason, by, now);
    if (!set.ok) return set;
    await this.#trips.cancel(set.value);
    return ok(null);
  }

  #restrict(
    state: LedgerState,
    { kind, scope, reason }: Command<"restrict" | "lift">,
    by: string,
    now: number,
  ): Outcome {
    const { restrictions } = state.controls;
    const known = restrictions.get(scope) ?? null;
    // Saying it again keeps who was first.
    if ((kind === "restrict") === (known !== null)) return ok(null);
    if (kind === "restrict" && restrictions.size >= CONTROLS_PER_KIND_MAX)
      return err(full("restrictions"));
    const restriction = { scope, reason, by, since: now };
    const change: ControlChange =
      kind === "restrict"
        ? { kind: "restrict", restriction }
        : { kind: "lift", scope, reason, by, at: now };
    const after = kind === "restrict" ? restriction : null;
    this.#apply(state, change, { action: kind, subject: scope, before: known, after, reason, by });
    return ok(null);
  }

  #register(
    state: LedgerState,
    { algoId, reason }: Command<"register">,
    by: string,
    now: number,
  ): Outcome {
    const { algos } = state.controls;
    if (algos.has(algoId)) return ok(null);
    if (algos.size >= CONTROLS_PER_KIND_MAX) return err(full("registered algos"));
    const facts = { subject: algoId, before: null, after: algoId, reason, by };
    const change: ControlChange = { kind: "register", algoId, reason, by, at: now };
    this.#apply(state, change, { action: "algo_register", ...facts });
    return ok(null);
  }

  #setTrips(
    state: LedgerState,
    { request: { changes, reason } }: Command<"trips">,
    by: string,
    now: number,
  ): Outcome {
    const settings = new Map(state.controls.trips);
    for (const change of changes) {
      const { trip } = change;
      const foreign = foreignBound(change);
      if (foreign) return err(badTrip(trip, `has no bound ${foreign}`));
      const before = settings.get(trip);
      if (before) settings.set(trip, changedTrip(before, change));
    }
    for (const { trip } of changes) {
      const setting = settings.get(trip);
      const missing = setting && missingBound(setting);
      if (missing) return err(badTrip(trip, `cannot be on without the bound ${missing}`));
    }
    for (const change of changes) {
      const { trip } = change;
      const before = state.controls.trips.get(trip);
      if (!before) continue;
      const setting = changedTrip(before, change);
      const facts = { subject: trip, before, after: setting, reason, by };
      this.#apply(
        state,
        { kind: "trip_set", trip, setting, by, at: now },
        { action: "trip_set", ...facts },
      );
    }
    return ok(null);
  }

  /**
   * A new epoch, stored and told to every gateway before it answers: what is older leaves no more. A gateway that
   * is silent keeps nobody from taking over: the ledger refuses the old epoch meanwhile, and the fence stays owed.
   */
  async #takeLease(
    { region, reason }: Command<"take_lease">,
    by: string,
    now: number,
  ): Promise<Outcome> {
    this.#book.commit(now, (state) => {
      const before = state.controls.lease;
      const lease: Lease = { region, epoch: state.epoch + 1, by, reason, since: now };
      const facts = { subject: region, before, after: lease, reason, by };
      this.#apply(state, { kind: "lease", lease }, { action: "lease_take", ...facts });
      this.#gateways.oweFence(lease.epoch);
    });
    await this.#killSwitch.told();
    return ok(null);
  }

  #apply(
    state: LedgerState,
    change: ControlChange,
    facts: {
      action: string;
      subject: string;
      before: unknown;
      after: unknown;
      reason: string;
      by: string;
    },
  ): void {
    const at = atOf(change);
    const { version } = this.#book.control(state, change, at);
    const { action, subject, before, after, reason, by } = facts;
    this.#book.audit(version, at, action, subject, before, after, reason, by);
  }
}

function atOf(change: ControlChange): number {
  if (change.kind === "restrict") return change.restriction.since;
  return change.kind === "lease" ? change.lease.since : change.at;
}

const badTrip = (trip: TripName, why: string): ApiError =>
  badField("changes", `trip ${trip} ${why}`);

const full = (what: string): ApiError => ({
  code: "CONFLICT",
  message: `there are already ${CONTROLS_PER_KIND_MAX} ${what}; take some away first`,
  details: { limit: String(CONTROLS_PER_KIND_MAX) },
});

/** `unconfirmed`: accounts whose gateway has not confirmed the lease. */
export function controlsView(
  state: LedgerState,
  now: number,
  unconfirmed: string[],
): RiskControlsView {
  const { version, controls } = state;
  const unknown = new Map(unknownTrips(state, now).map(({ trip, reason }) => [trip, reason]));
  return {
    version,
    lease: { ...controls.lease, unconfirmed },
    restrictions: [...controls.restrictions.values()],
    algos: [...controls.algos].sort(),
    trips: [...controls.trips].map(([trip, setting]) => ({
      trip,
      ...setting,
      unknown: unknown.get(trip) ?? null,
    })),
  };
}
