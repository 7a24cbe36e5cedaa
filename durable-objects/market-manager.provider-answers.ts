/** How the market manager words what it says of providers. Pure. */
import type { ActiveProvider } from "../src/application/provider-ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { ProvidersView } from "../src/contract/providers.ts";
import { activeProvider, type FailoverState, type SwitchCause } from "../src/domain/failover.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import type { ProviderRow } from "./market-manager.provider-storage.ts";

export const unknownInstrument = (instrument: InstrumentId): ApiError => ({
  code: "UNKNOWN_INSTRUMENT",
  message: `No broker gives ${instrument}; see /v1/instruments.`,
  details: { instruments: [instrument] },
});

export const notGivenBy = (
  instrument: InstrumentId,
  strangers: readonly string[],
  known: readonly string[],
): ApiError => ({
  code: "BAD_REQUEST",
  message: `${strangers.join(", ")} does not give ${instrument}; ${known.join(", ")} does.`,
  details: { issues: [{ path: "ranked", message: `must be of ${known.join(", ")}` }] },
});

const CAUSES = {
  stale: "it brought no news",
  disconnected: "its connection was lost",
  unknown: "it never brought any data",
  settled: "a better provider has settled",
  ranks: "the order of providers was changed",
} satisfies Record<SwitchCause, string>;

export const activeOf = (
  { instrument, state }: ProviderRow,
  epochs: { aboveOf(provider: string): number },
): ActiveProvider => ({
  instrument,
  provider: state.carrier,
  term: state.term,
  // Before its first switch nobody has seen its numbers from another provider.
  above: state.term === 0 ? 0 : epochs.aboveOf(state.carrier),
  reason: `taken from ${state.carrier} instead of ${state.switched?.from ?? "nobody"}: ${CAUSES[state.switched?.cause ?? "ranks"]}`,
});

export const neverSwitched = (instrument: InstrumentId, provider: string): ActiveProvider => ({
  instrument,
  provider,
  term: 0,
  above: 0,
  reason: "",
});

export const view = (
  instrument: InstrumentId,
  state: FailoverState,
  isOverride: boolean,
): ProvidersView => ({
  instrument,
  order: isOverride ? "override" : "default",
  carrier: state.carrier,
  active: activeProvider(state),
  term: state.term,
  switchedAt: state.term === 0 ? null : state.switchedAt,
  providers: state.ranked.map((provider) => ({
    provider,
    ...(state.health[provider] ?? { state: "unknown" as const, since: state.switchedAt }),
  })),
});
