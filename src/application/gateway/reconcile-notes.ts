/** What a gateway remembers of its comparisons with the broker: doubts, frozen instruments, inferred fills, incidents, checks. */
import type { ReconcileKind } from "../../contract/reconciliation.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type { Doubt } from "../../domain/reconciliation/doubt.ts";
import { isReplaced, type InferredFill } from "../../domain/reconciliation/inferred.ts";
import type { Incident } from "../reconcile-port.ts";
import type { GatewayPorts, GatewayStore, NoteName, NotePrefix } from "./ports.ts";

export interface Frozen {
  instrument: InstrumentId;
  since: number;
  reason: string;
  /** The ledger has been told, and refuses entries itself. */
  inLedger: boolean;
}

export interface CheckRun {
  at: number;
  /** `not_run`: a comparison was begun and proved nothing. */
  result: "ok" | "differs" | "failed" | "not_run";
  message: string;
}

/** The newest note under a whole name; null when there is none. */
const read = (store: GatewayStore, name: NoteName): unknown => {
  const body = store.note(name);
  return body === null ? null : JSON.parse(body);
};

const all = <T>(store: GatewayStore, prefix: NotePrefix): T[] =>
  store.notes(prefix).map((body) => JSON.parse(body) as T);

export const doubtOf = ({ store }: GatewayPorts, instrument: InstrumentId): Doubt | null =>
  read(store, `doubt:${instrument}`) as Doubt | null;

export const doubts = ({ store }: GatewayPorts): Doubt[] => all(store, "doubt:");

export const saveDoubt = ({ store }: GatewayPorts, doubt: Doubt): void =>
  store.setNote(`doubt:${doubt.instrument}`, JSON.stringify(doubt));

export const endDoubt = ({ store }: GatewayPorts, instrument: InstrumentId): void =>
  store.setNote(`doubt:${instrument}`, null);

export const frozenInstruments = ({ store }: GatewayPorts): Frozen[] => all(store, "frozen:");

export const frozenOf = ({ store }: GatewayPorts, instrument: InstrumentId): Frozen | null =>
  read(store, `frozen:${instrument}`) as Frozen | null;

export const saveFrozen = ({ store }: GatewayPorts, frozen: Frozen): void =>
  store.setNote(`frozen:${frozen.instrument}`, JSON.stringify(frozen));

export const endFrozen = ({ store }: GatewayPorts, instrument: InstrumentId): void =>
  store.setNote(`frozen:${instrument}`, null);

/** Inferred fills that no real one has replaced in full, oldest first. */
export const openInferred = ({ store }: GatewayPorts): InferredFill[] =>
  all<InferredFill>(store, "inferred:").sort(
    (a, b) => a.execution.executedAt - b.execution.executedAt,
  );

export const saveInferred = ({ store }: GatewayPorts, inferred: InferredFill): void =>
  store.setNote(
    `inferred:${inferred.execution.executionId}`,
    isReplaced(inferred) ? null : JSON.stringify(inferred),
  );

/** Not told before `until`, and not at all if the position is flat by then. */
export interface Hold {
  until: number;
  algoId: string;
  instrument: InstrumentId;
}

/** Kept until it is told: a run that dies leaves it to the next. */
export function raise(
  context: Pick<GatewayPorts, "account" | "store" | "now">,
  incident: Omit<Incident, "account" | "at">,
  hold?: Hold,
): void {
  const { account, store } = context;
  const whole: RaisedIncident = { ...incident, account, at: context.now(), ...(hold && { hold }) };
  store.setNote(`incident:${incident.id}`, JSON.stringify(whole));
}

export type RaisedIncident = Incident & { hold?: Hold };

export const incidents = ({ store }: GatewayPorts): RaisedIncident[] => all(store, "incident:");

/** When the first of them is to be told. */
export const incidentsDueAt = (context: GatewayPorts): number =>
  Math.min(Infinity, ...incidents(context).map(({ hold }) => hold?.until ?? 0));

export const endIncident = ({ store }: GatewayPorts, id: string): void =>
  store.setNote(`incident:${id}`, null);

export const checkRun = ({ store }: GatewayPorts, kind: ReconcileKind): CheckRun | null =>
  read(store, `check:${kind}`) as CheckRun | null;

export function saveCheck(
  context: GatewayPorts,
  kind: ReconcileKind,
  result: CheckRun["result"],
  message: string,
): void {
  const run: CheckRun = { at: context.now(), result, message };
  context.store.setNote(`check:${kind}`, JSON.stringify(run));
}
