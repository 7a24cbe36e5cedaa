/** Limits as a person sets them. One on a scope that nobody knows would be shown as set and protect nothing. */
import type { ApiError } from "../contract/errors.ts";
import type { LimitsRequest } from "../contract/risk.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { EXTERNAL_ALGO } from "../domain/risk/external.ts";
import { unknownAccountOf } from "./known-account.ts";
import { badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import type { RiskLedgerPort } from "./ports.ts";

type Answer = Awaited<ReturnType<RiskLedgerPort["setLimits"]>>;

/** The change of a list at which something is wrong, for whoever sent it. */
const pathOf = (index: number): string => `changes.${index}.scope`;

/**
 * All changes or none. What is set already can be taken off whatever became of its scope; a new value needs an
 * account of this deployment, an algo with a key or a registration, and an instrument that a broker knows, or
 * that the ledger holds something under them.
 */
export async function setLimits(
  ports: OrderPorts,
  request: LimitsRequest,
  by: string,
): Promise<Result<Answer, ApiError>> {
  const set = await ports.ledger.limits();
  const isSet = (scope: string): boolean => set.some((limit) => limit.scope === scope);
  for (const [index, { scope, value }] of request.changes.entries()) {
    if (value === null && isSet(scope)) continue;
    const unknown = await unknownScope(ports, scope, pathOf(index));
    if (unknown) return err(unknown);
  }
  return ok(await ports.ledger.setLimits(request, by));
}

/** Why a limit on this scope would hold for nothing; null when it holds for something. */
async function unknownScope(
  ports: OrderPorts,
  scope: string,
  path: string,
): Promise<ApiError | null> {
  const noAccount = await unknownAccountOf(ports, scope, path);
  if (noAccount) return noAccount;
  for (const part of scope.split(/\|(?=instrument:)/)) {
    const unknown = part.startsWith("algo:")
      ? await unknownAlgo(ports, part.slice("algo:".length), path)
      : part.startsWith("instrument:")
        ? await unknownInstrument(ports, part.slice("instrument:".length), path)
        : null;
    if (unknown) return unknown;
  }
  return null;
}

/** Without a key and a registration an algo may open nothing (`ALGO_UNKNOWN`), so that it can be registered first. */
async function unknownAlgo(
  ports: OrderPorts,
  algoId: string,
  path: string,
): Promise<ApiError | null> {
  if (algoId === EXTERNAL_ALGO || (await ports.hasKey(algoId))) return null;
  const { algos } = await ports.ledger.controls();
  if (algos.includes(algoId)) return null;
  if ((await ports.ledger.positions()).some((each) => each.algoId === algoId)) return null;
  return badField(
    path,
    `algo ${algoId} has no key and is not registered; make a key for it, or register it with POST /v1/algos, before its limits`,
  );
}

/** Where no broker knows it and one has not told its list yet, that one is named: nothing can be said of it. */
async function unknownInstrument(
  ports: OrderPorts,
  instrument: string,
  path: string,
): Promise<ApiError | null> {
  const markets = ports.accounts.flatMap((account) => ports.market(account) ?? []);
  for (const market of markets) if (await market.instrument(instrument)) return null;
  if ((await ports.ledger.positions()).some((each) => each.instrument === instrument)) return null;
  for (const market of markets) {
    const unread = await market.unread?.();
    if (unread) return unread;
  }
  return badField(path, `no broker knows ${instrument}; see /v1/instruments`);
}
