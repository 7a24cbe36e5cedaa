/** Every broker that can be reached, by name. The one place that knows which wire stands behind which name. */
import { err, ok } from "../domain/result.ts";
import type { Result } from "../domain/result.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../domain/limits.ts";
import { paperBroker } from "../platform/objects.ts";
import type { BrokerFeed, BrokerReference, BrokerTrading } from "./broker.ts";
import { paperClients } from "./paper/client.ts";
import type { PaperExchange } from "./paper/client.ts";

export interface BrokerClients {
  feed: BrokerFeed;
  reference: BrokerReference;
  trading: BrokerTrading;
}

/** A stub that has thrown stays broken, so each call takes a new one: it costs nothing. */
const freshStub = (env: Env, account: string): PaperExchange => ({
  fetch: (input, init) => paperBroker(env, account).fetch(input, init),
});

/** The clients of one account at one broker; the error names the broker that nobody knows. */
export function brokerClients(
  env: Env,
  broker: string,
  account: string,
): Result<BrokerClients, string> {
  switch (broker) {
    case "paper":
      return ok(
        paperClients(freshStub(env, account), {
          account,
          answerTimeoutMs: ORDER_ANSWER_TIMEOUT_MS,
          alwaysOpen: env.PAPER_HOURS !== "exchange",
        }),
      );
    default:
      return err(`there is no broker "${broker}"; known: paper`);
  }
}
