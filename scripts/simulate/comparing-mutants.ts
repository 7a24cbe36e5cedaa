/** Mistakes in comparing with the broker, and in what was placed or traded past the platform. */
import type { Mutant } from "./mutant.ts";

const RECONCILE = "src/application/gateway/reconcile.ts";
const SIGHTINGS = "src/application/gateway/sightings.ts";
const EXTERNAL = "src/application/gateway/external-orders.ts";

export const COMPARING_MUTANTS: readonly Mutant[] = [
  {
    name: "a fill past the platform ignored",
    file: EXTERNAL,
    changes: [
      [
        "adoptFill(context, brokerOrderId, evidence.execution, at);",
        "lookForExternal(context, evidence);",
      ],
    ],
  },
  {
    name: "an order that rests past the platform is not reserved",
    file: EXTERNAL,
    changes: [["if (!isOpenThere(seen)) return;", "return;"]],
  },
  {
    name: "the end of an order placed past the platform releases nothing",
    file: SIGHTINGS,
    changes: [
      [
        "return context.store.orderOfBroker(brokerOrderId)?.clientOrderId ?? clientOrderId;",
        "return clientOrderId;",
      ],
    ],
  },
  {
    name: "a failed question about positions read as flat",
    file: RECONCILE,
    changes: [
      [
        "if (!positions.ok) return err(`${positions.error.kind}: ${positions.error.reason}`);\n  let ours",
        "let ours",
      ],
      ["const theirs = positions.value;", "const theirs = positions.ok ? positions.value : [];"],
    ],
  },
  {
    name: "an inferred fill stands beside the real one",
    file: "src/application/gateway/inferred-fills.ts",
    changes: [["replaceInferred(openInferred(context), real)", "replaceInferred([], real)"]],
  },
  {
    name: "the late report of an inferred fill is not read",
    file: RECONCILE,
    changes: [
      ["if (openInferred(context).length > 0) {", "if (openInferred(context).length < 0) {"],
    ],
  },
  {
    name: "positions not compared",
    file: "src/application/gateway/watch.ts",
    changes: [["if (positionsDueAt(context) <= now) await reconcilePositions(context);", ""]],
  },
];
