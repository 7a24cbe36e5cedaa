/** Finds what a broker's picture holds of one order. A gateway with thousands of open orders asks for each of them. */
import type { BrokerOrder } from "../../brokers/broker.ts";
import type { Execution } from "../../domain/order.ts";
import { isOpenThere } from "../../domain/reconciliation/orders.ts";
import type { GatewayOrder } from "./record.ts";

/** What the broker said, all of it: three queries that all succeeded. It is never changed. */
export interface BrokerPicture {
  readonly orders: readonly BrokerOrder[];
  readonly executions: readonly Execution[];
  /** Our clock when the first query left: what changed here since is newer than the picture. */
  readonly askedAt: number;
}

/** What the picture holds of one order: all its states, the last one last, and its executions. */
export interface Finding {
  orders: BrokerOrder[];
  executions: Execution[];
}

type Ids = Pick<GatewayOrder, "clientOrderId" | "brokerOrderId">;

interface Row {
  clientOrderId: string | null;
  brokerOrderId: string;
}

/** Rows by either id. */
class Places<T extends Row> {
  readonly #rows: readonly T[];
  readonly #byClientId: Map<string | null, number[]>;
  readonly #byBrokerId: Map<string, number[]>;

  constructor(rows: readonly T[]) {
    this.#rows = rows;
    const places = rows.map((_, place) => place);
    this.#byClientId = Map.groupBy(places, (place) => rows[place]?.clientOrderId ?? null);
    this.#byBrokerId = Map.groupBy(places, (place) => rows[place]?.brokerOrderId ?? "");
  }

  /** In the order in which the broker gave them. */
  of({ clientOrderId, brokerOrderId }: Ids): T[] {
    const byBroker = brokerOrderId === null ? [] : (this.#byBrokerId.get(brokerOrderId) ?? []);
    const all = new Set([...(this.#byClientId.get(clientOrderId) ?? []), ...byBroker]);
    return [...all].sort((a, b) => a - b).flatMap((place) => this.#rows[place] ?? []);
  }
}

interface Index {
  orders: Places<BrokerOrder>;
  executions: Places<Execution>;
}

const indexes = new WeakMap<BrokerPicture, Index>();

function indexOf(picture: BrokerPicture): Index {
  const known = indexes.get(picture);
  if (known) return known;
  const index = {
    orders: new Places(picture.orders),
    executions: new Places(picture.executions),
  };
  indexes.set(picture, index);
  return index;
}

export function findingOf(picture: BrokerPicture, order: Ids): Finding {
  const { orders, executions } = indexOf(picture);
  return { orders: orders.of(order), executions: executions.of(order) };
}

export const isFound = (finding: Finding): boolean =>
  finding.orders.length > 0 || finding.executions.length > 0;

/** By the broker's own list it is open now: what it has executed, or how it was closed, is no proof that it lives. */
export function isOpenNow({ orders }: Finding): boolean {
  const last = orders.at(-1);
  return last !== undefined && isOpenThere(last);
}

/** Among the broker's orders: executions alone say nothing of what rests of it. */
export const isListed = ({ orders }: Finding): boolean => orders.length > 0;
