/** Every broker that can be reached, by name. The one place that knows which wire stands behind which name. */
import { err, ok } from "../domain/result.ts";
import type { Result } from "../domain/result.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../domain/limits.ts";
import { paperBroker } from "../platform/objects.ts";
import type { BrokerFeed, BrokerReference, BrokerTrading } from "./broker.ts";
import { paperClients } from "./paper/client.ts";

export interface BrokerClients {
  feed: BrokerFeed;
  reference: BrokerReference;
  trading: BrokerTrading;
}

/** The clients of one account at one broker; the error names the broker that nobody knows. */
export function brokerClients(
  env: Env,
  broker: string,
  account: string,
): Result<BrokerClients, string> {
  switch (broker) {
    case "paper":
      return ok(
        paperClients(paperBroker(env, account), {
          account,
          answerTimeoutMs: ORDER_ANSWER_TIMEOUT_MS,
          alwaysOpen: env.PAPER_HOURS !== "exchange",
        }),
      );
    default:
      return err(`there is no broker "${broker}"; known: paper`);
  }
}
