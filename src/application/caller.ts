/** Who asks: made by the API's middleware from a verified key or Access token, and passed on as data. */
import type { KeyScope } from "../contract/operations.ts";

export interface Caller {
  /** `development` is the local development key. */
  kind: "algo" | "person" | "development";
  /** Key id, or the person's email. Goes into the audit log. */
  id: string;
  /** The algo that a key is bound to; null may name one with `admin`. */
  algoId: string | null;
  scopes: KeyScope[];
}

/** Header by which the Worker hands a verified caller, as JSON, to an object's socket. Never taken from outside. */
export const CALLER_HEADER = "x-trunkline-caller";

export const may = (caller: Caller, scope: KeyScope): boolean =>
  caller.scopes.includes(scope) || caller.scopes.includes("admin");

/** Who a signal is from, as its readers see it: the algo, else the person or the key. */
export const publisherName = ({ kind, id, algoId }: Caller): string =>
  algoId === null ? `${kind}:${id}` : `algo:${algoId}`;
