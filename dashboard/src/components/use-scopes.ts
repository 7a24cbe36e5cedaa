/** The accounts, algos and instruments that a scope can name: what the ledger knows, and what has orders or positions. */
import { useBalances, useExposure, useOpenOrders, useRiskControls } from "../api/queries.ts";

/** There before the first order and the first answer of a broker. */
const FIRST_ACCOUNT = "paper";

interface Scopes {
  accounts: string[];
  algos: string[];
  instruments: string[];
}

const sorted = (...lists: readonly string[][]): string[] => [...new Set(lists.flat())].sort();

export function useScopes(): Scopes {
  const orders = useOpenOrders().data ?? [];
  const exposure = useExposure().data ?? [];
  const balances = useBalances().data ?? [];
  const known = useRiskControls().data?.algos ?? [];
  const rows = [...orders, ...exposure];
  return {
    accounts: sorted(
      [FIRST_ACCOUNT],
      [...orders, ...balances].map(({ account }) => account),
    ),
    algos: sorted(
      known,
      rows.map(({ algoId }) => algoId),
    ),
    instruments: sorted(rows.map(({ instrument }) => instrument)),
  };
}
