/** The composition root: the ports of the use cases, filled with this Worker's objects, queues and brokers. */
import type { AccountMarket, OrderPorts } from "../application/order-ports.ts";
import type { RetryQueuePort } from "../application/ports.ts";
import { ORDER_RETRY_DELAY_SECONDS } from "../domain/limits.ts";
import { ACCOUNTS, DEFAULT_ACCOUNT, PORTFOLIO } from "./deployment.ts";
import { logger } from "./logger.ts";
import { orderGateway, riskLedger } from "./objects.ts";

/** What the order use cases run on. Cheap to make: stubs only. */
export function orderPorts(env: Env): OrderPorts {
  return {
    ledger: riskLedger(env, PORTFOLIO),
    gateway: (account) => orderGateway(env, account),
    market: (account) => accountMarket(env, account),
    defaultAccount: DEFAULT_ACCOUNT,
    accounts: ACCOUNTS.map(({ account }) => account),
    retries: retryQueue(env),
    log: logger({ component: "orders" }),
  };
}

/** The first retry is delayed here; the later ones by the consumer. */
export const retryQueue = (env: Env): RetryQueuePort => ({
  async send(message) {
    const delaySeconds = ORDER_RETRY_DELAY_SECONDS[0];
    await env.ORDER_RETRIES.send(message, { contentType: "json", delaySeconds });
  },
});

function accountMarket(_env: Env, _account: string): AccountMarket | null {
  return null;
}
