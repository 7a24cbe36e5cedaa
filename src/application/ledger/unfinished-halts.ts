/** Tells people, once for each halt, what of it has not come about: orders that still stand under it, and positions that do not close. */
import { ZERO } from "../../domain/decimal.ts";
import { HALT_DONE_MS } from "../../domain/halt-limits.ts";
import { closableNow } from "../../domain/risk/allowance.ts";
import { isCanceledBy } from "../../domain/risk/halts.ts";
import { openOrders, underScope } from "../../domain/risk/ledger.ts";
import type {
  Holding,
  LedgerOrder,
  LedgerState,
  TradingStateRecord,
} from "../../domain/risk/state.ts";
import type { ScopeText } from "../../domain/scope.ts";
import type { Incident } from "../reconcile-port.ts";
import type { LedgerBook } from "./book.ts";

/** Names in one message; the rest is counted. */
const NAMED_MAX = 10;

export class UnfinishedHalts {
  readonly #book: LedgerBook;
  /** An eviction forgets it: the same id laid down again is the same incident. */
  readonly #told = new Set<string>();
  /** A scope may have been halted long before its flatten was asked for. An eviction forgets it, too. */
  readonly #owedAt = new Map<ScopeText, number>();

  constructor(book: LedgerBook) {
    this.#book = book;
  }

  flattenOwed(scope: ScopeText, at: number): void {
    this.#owedAt.set(scope, at);
  }

  /** What is over the time that a halt may take. */
  look(now: number): void {
    const state = this.#book.state(now);
    for (const halt of state.tradingStates.values()) {
      if (halt.state !== "halted" || now - halt.since < HALT_DONE_MS) continue;
      const standing = openOrders(state, underScope(halt.scope)).filter((entry) =>
        standsUnder(state, halt, entry),
      );
      if (standing.length > 0)
        this.#tell(now, halt, "orders", {
          title: `Orders still stand under the halt of ${halt.scope}`,
          message: `${named(standing.map(({ order }) => order.clientOrderId))} could still trade ${HALT_DONE_MS / 1_000} s after the halt. Their cancels are asked for again; look at the broker, and cancel there what stays.`,
        });
      const isOverdue = now - (this.#owedAt.get(halt.scope) ?? halt.since) >= HALT_DONE_MS;
      const isOwed = isOverdue && state.controls.flattening.has(halt.scope);
      const open = isOwed ? leftToClose(state, halt.scope) : [];
      if (open.length > 0)
        this.#tell(now, halt, "flatten", {
          title: `${halt.scope} is not flat`,
          message: `${named(open.map(shown))} is still open ${HALT_DONE_MS / 1_000} s after the flatten that was to close it. It is tried again; close at the broker what stays.`,
        });
    }
  }

  /** Told at once: what was refused is refused again until somebody does something, or its market opens. */
  flattenRefused(scope: ScopeText, refusals: readonly string[], now: number): void {
    const halt = this.#book.state(now).tradingStates.get(scope);
    if (halt?.state !== "halted") return;
    this.#tell(now, halt, "flatten", {
      title: `${scope} cannot be closed`,
      message: `The flatten was refused: ${refusals.slice(0, NAMED_MAX).join(" ")} It is tried again; close at the broker what stays.`,
    });
  }

  #tell(
    at: number,
    { scope, version }: TradingStateRecord,
    what: "orders" | "flatten",
    news: Pick<Incident, "title" | "message">,
  ): void {
    const id = `halt-${what}-${scope}-${version}`;
    if (this.#told.has(id)) return;
    const incident: Incident = { id, at, account: scope, severity: "critical", ...news };
    this.#book.commit(at, (state) =>
      this.#book.outbox.add(state.version, { kind: "incident", incident }),
    );
    this.#told.add(id);
  }
}

/** What lies on the desk people were told of. */
const standsUnder = (state: LedgerState, halt: TradingStateRecord, entry: LedgerOrder): boolean =>
  isCanceledBy(state, halt, entry) && entry.order.state !== "dead_lettered";

/** What was closed past the platform is not there any more to be closed. */
export const leftToClose = (state: LedgerState, scope: ScopeText): Holding[] =>
  [...state.holdings.values()].filter(underScope(scope)).filter((holding) => {
    const side = holding.position.quantity.gt(ZERO) ? "sell" : "buy";
    return closableNow(state, holding, side).gt(ZERO);
  });

const shown = ({ position, instrument, algoId }: Holding): string =>
  `${position.quantity.toFixed()} ${instrument} of ${algoId}`;

const named = (names: readonly string[]): string =>
  names.length <= NAMED_MAX
    ? names.join(", ")
    : `${names.slice(0, NAMED_MAX).join(", ")} and ${names.length - NAMED_MAX} more`;
