/** What follows from a trip, by the use cases: cancels at their gateways, and positions closed if so set. */
import { flattenScope } from "../src/application/flatten.ts";
import { cancelAll } from "../src/application/cancel-all.ts";
import type { TripParts } from "../src/application/ledger/trips.ts";
import { ACCOUNTS } from "../src/platform/deployment.ts";
import { orderPorts } from "../src/platform/wiring.ts";

/** The accounts at a broker. */
export const accountsAt = (broker: string): string[] =>
  ACCOUNTS.filter((each) => each.broker === broker).map(({ account }) => account);

export const tripWork = (env: Env): Pick<TripParts, "cancel" | "flatten"> => ({
  cancel: (orders) => cancelAll(orderPorts(env), orders),
  flatten: (scope) => flattenScope(orderPorts(env), scope, Date.now()),
});
