/** Mistakes in letting go of what has ended. */
import type { Mutant } from "./mutant.ts";

export const ARCHIVE_MUTANTS: readonly Mutant[] = [
  {
    name: "an archived id is forgotten",
    file: "src/application/ledger/deciding.ts",
    changes: [[" ?? findArchived(book, state, intent)", ""]],
  },
  {
    name: "archived before the tradebook has it",
    file: "src/application/ledger/archive.ts",
    changes: [["row.changedVersion <= told && ", ""]],
  },
  {
    name: "news of an archived order does not bring it back",
    file: "src/application/ledger/archive.ts",
    changes: [["if (known && !storage.order(id)) archived.set(id, known);", ""]],
  },
];
