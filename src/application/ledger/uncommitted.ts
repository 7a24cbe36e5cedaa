/** What a transaction of the ledger brings about once it is stored, and only then: what is rolled back has not happened. */
import type { Holding, LedgerOrder } from "../../domain/risk/state.ts";
import type { LedgerNotice } from "../ports.ts";

export interface Uncommitted {
  touched: LedgerOrder[];
  notices: LedgerNotice[];
  moved: Set<Holding>;
  /** For whoever counts what happens: a batch that fails is brought again, in whole or one by one. */
  noted: (() => void)[];
}

export const uncommitted = (): Uncommitted => ({
  touched: [],
  notices: [],
  moved: new Set(),
  noted: [],
});
