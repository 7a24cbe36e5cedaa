/** The providers of the one instrument that the API's tests play with. */
import type { ProvidersPort } from "../../../src/application/ports.ts";
import type { ProvidersView } from "../../../src/contract/providers.ts";
import { ok } from "../../../src/domain/result.ts";

const PROVIDERS: ProvidersView = {
  instrument: "NSE:INFY",
  order: "default",
  carrier: "paper",
  active: "paper",
  term: 0,
  switchedAt: null,
  providers: [
    { provider: "paper", state: "fresh", since: 1 },
    { provider: "paper-backup", state: "stale", since: 1 },
  ],
};

export const PLAYED_PROVIDERS: ProvidersPort = {
  providerOf: async (ids) =>
    Object.fromEntries(ids.filter((id) => id === "NSE:INFY").map((id) => [id, "paper"])),
  activeProviders: async () => [],
  health: async () => {},
  providers: async () => ok(PROVIDERS),
  watchedProviders: async () => [PROVIDERS],
  rankProviders: async () => ok(PROVIDERS),
  switches: async () => ok({ items: [], nextCursor: null }),
  feedAlert: async () => null,
};
