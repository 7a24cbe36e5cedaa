/**
 * Typed clients of the Durable Objects. Each object class implements the port that it is cast to
 * here, so the compiler checks both sides; the casts stand in this file and nowhere else.
 */
import type {
  AlertChannelPort,
  BrokerManagerPort,
  FeedShardPort,
  MarketManagerPort,
  MarketPort,
  OperatorProfilePort,
  OrderGatewayPort,
  RiskLedgerPort,
} from "../application/ports.ts";
import { type OperatorSettings, profileSettings } from "../contract/operations.ts";
import { assert } from "../domain/assert.ts";

type Client<Port> = Port & Pick<Fetcher, "fetch">;

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

/** An object's id is worked out from its name: once in an isolate, and not for each call. */
const ids = new WeakMap<DurableObjectNamespace, Map<string, DurableObjectId>>();

function idOf(namespace: DurableObjectNamespace, name: string): DurableObjectId {
  const known = ids.get(namespace) ?? new Map<string, DurableObjectId>();
  ids.set(namespace, known);
  const id = known.get(name) ?? namespace.idFromName(name);
  known.set(name, id);
  return id;
}

/**
 * Each call goes through a stub of its own: a stub that has met its object's death stays broken, and
 * whoever holds a client for long, as objects do, would never reach the new run.
 */
function client<Port>(namespace: DurableObjectNamespace, name: string): Client<Port> {
  const call =
    (method: string) =>
    (...args: unknown[]): unknown => {
      const stub = namespace.get(idOf(namespace, name)) as unknown as Methods;
      return stub[method]?.(...args);
    };
  const get = (_: object, method: string | symbol): unknown =>
    // A client is no promise, whoever awaits it.
    typeof method === "symbol" || method === "then" ? undefined : call(method);
  return new Proxy({}, { get }) as Client<Port>;
}

/** One per broker connection; `shard` is its whole name, `broker:account:number`. */
export const feedShard = (env: Env, shard: string): Client<FeedShardPort> =>
  client(env.FEED_SHARD, shard);

export const market = (env: Env, name: string): Client<MarketPort> => client(env.MARKET, name);

export const brokerManager = (env: Env, broker: string): Client<BrokerManagerPort> =>
  client(env.BROKER_MANAGER, broker);

export const marketManager = (env: Env): Client<MarketManagerPort> =>
  client(env.MARKET_MANAGER, "main");

export const riskLedger = (env: Env, portfolio: string): Client<RiskLedgerPort> =>
  client(env.RISK_LEDGER, portfolio);

export const orderGateway = (env: Env, account: string): Client<OrderGatewayPort> =>
  client(env.ORDER_GATEWAY, account);

/** One per channel, named after it. */
export const alertChannel = (env: Env, channel: string): Client<AlertChannelPort> =>
  client(env.ALERT_CHANNEL, channel);

/** The simulated exchange is reached as a real one would be: by requests and sockets only. */
export const paperBroker = (env: Env, account: string): Pick<Fetcher, "fetch"> =>
  env.PAPER_BROKER.getByName(account);

/** One per person. It speaks HTTP inside, because that is how itty-durable's objects are reached. */
export function operatorProfile(env: Env, person: string): OperatorProfilePort {
  const profile = env.OPERATOR_PROFILE.getByName(person);
  const ask = async (init?: RequestInit): Promise<OperatorSettings> => {
    const response = await profile.fetch("https://object/profile", init);
    assert(response.ok, `the profile answered ${response.status}`);
    return profileSettings.parse(await response.json());
  };
  return {
    read: () => ask(),
    write: (settings) => ask({ method: "PUT", body: JSON.stringify(settings) }),
  };
}
