/** Which page of the dashboard lets a person do something about an incident, by how its id begins. */

export interface Place {
  path: string;
  name: string;
}

const PLACES: readonly [RegExp, Place][] = [
  [/^(trip|unvalued|halt|lease)-/, { path: "/risk", name: "risk" }],
  [
    /^(bracket|reduce-only|revived|set-aside|archived|overfill)-/,
    { path: "/orders", name: "orders" },
  ],
  [
    /^(external|frozen|inferred|reconciliation)-/,
    { path: "/system/reconciliation", name: "reconciliation" },
  ],
  [/^feed-down-/, { path: "/system/providers", name: "providers" }],
  [/^(session|pre-open):/, { path: "/system", name: "brokers" }],
];

/** Null where no page can do more than the incident's own words. */
export const placeOf = (id: string): Place | null =>
  PLACES.find(([begins]) => begins.test(id))?.[1] ?? null;
