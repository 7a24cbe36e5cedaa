/** Every broker that can be reached, by name. The one place that knows which wire stands behind which name. */
import { err, ok } from "../domain/result.ts";
import type { Result } from "../domain/result.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../domain/limits.ts";
import { POLL_ANSWER_TIMEOUT_MS } from "../domain/provider-limits.ts";
import { paperSignIn } from "../platform/deployment.ts";
import { paperBroker } from "../platform/objects.ts";
import type {
  BrokerFeed,
  BrokerReference,
  BrokerSessions,
  BrokerTrading,
  TokenSource,
} from "./broker.ts";
import { paperClients } from "./paper/client.ts";
import type { PaperExchange } from "./paper/client.ts";

/** What every broker with market data offers, whether or not anything can be traded at it. */
export interface MarketDataClients {
  feed: BrokerFeed;
  reference: BrokerReference;
  sessions: BrokerSessions;
}

export interface BrokerClients extends MarketDataClients {
  trading: BrokerTrading;
}

/** A stub that has thrown stays broken, so each call takes a new one: it costs nothing. */
const freshStub = (env: Env, account: string): PaperExchange => ({
  fetch: (input, init) => paperBroker(env, account).fetch(input, init),
});

const paper = (
  env: Env,
  broker: string,
  account: string,
  tokens: TokenSource | undefined,
): BrokerClients => {
  const isPolled = broker === "paper-rest";
  return paperClients(freshStub(env, account), {
    account,
    broker,
    isPolled,
    answerTimeoutMs: isPolled ? POLL_ANSWER_TIMEOUT_MS : ORDER_ANSWER_TIMEOUT_MS,
    signIn: paperSignIn(env, account),
    alwaysOpen: env.PAPER_HOURS !== "exchange",
    ...(tokens && { tokens }),
  });
};

const KNOWN = "paper, paper-backup, paper-rest";

/** The data side of a broker; the error names the broker that nobody knows. Without tokens only its rules are of use. */
export function marketDataClients(
  env: Env,
  broker: string,
  account: string,
  tokens?: TokenSource,
): Result<MarketDataClients, string> {
  switch (broker) {
    case "paper":
    case "paper-backup":
    case "paper-rest": {
      const { feed, reference, sessions } = paper(env, broker, account, tokens);
      return ok({ feed, reference, sessions });
    }
    default:
      return err(`there is no broker "${broker}"; known: ${KNOWN}`);
  }
}

/** The clients of one account at one broker that takes orders; one that only gives data has none. */
export function brokerClients(
  env: Env,
  broker: string,
  account: string,
  tokens?: TokenSource,
): Result<BrokerClients, string> {
  switch (broker) {
    case "paper":
      return ok(paper(env, broker, account, tokens));
    case "paper-backup":
    case "paper-rest":
      return err(`${broker} gives market data only: it takes no orders`);
    default:
      return err(`there is no broker "${broker}"; known: ${KNOWN}`);
  }
}
