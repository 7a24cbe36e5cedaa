/** What the session of a broker has to do with the rest of this deployment: its shards, its gateway, its people. */
import { errorText, type Log } from "../src/application/log.ts";
import type { FeedShardPort, SessionUser } from "../src/application/ports.ts";
import { feedLive } from "../src/application/feed-live.ts";
import type { Quotes } from "../src/application/fresh-mark.ts";
import { PAPER_CREDENTIAL } from "../src/brokers/paper/rules.ts";
import { marketDataClients } from "../src/brokers/registry.ts";
import { assert } from "../src/domain/assert.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { OBJECT_RETRY_MS } from "../src/domain/limits.ts";
import { ok } from "../src/domain/result.ts";
import {
  SESSION_PROBES_MAX,
  SESSION_PROOF_MS,
  SESSION_PROOF_POLL_MS,
} from "../src/domain/session-limits.ts";
import { laidDown } from "../src/platform/alerts.ts";
import { isTradedAt } from "../src/platform/deployment.ts";
import { orderGateway } from "../src/platform/objects.ts";
import { vault } from "../src/platform/vault.ts";
import { SessionKeeper } from "./broker-manager.session.ts";
import type { BrokerManagerStorage } from "./broker-manager.storage.ts";

export interface SessionSurroundings {
  broker: string;
  account: string;
  storage: BrokerManagerStorage;
  alarms: Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;
  shards: () => { name: string; shard: FeedShardPort }[];
  /** Planned, and their market is open: prices of them are owed. */
  owed: () => InstrumentId[];
  log: Log;
}

export function sessionKeeper(env: Env, around: SessionSurroundings): SessionKeeper {
  const { broker, account, storage, alarms, log } = around;
  // To sign in needs no token.
  const clients = marketDataClients(env, broker, account);
  assert(clients.ok, `there is no broker ${broker} to sign in at`);
  const users = (): { name: string; user: SessionUser }[] => [
    ...around.shards().map(({ name, shard }) => ({ name, user: shard })),
    ...(isTradedAt(broker) ? [{ name: "gateway", user: orderGateway(env, account) }] : []),
  ];
  return new SessionKeeper({
    broker,
    account,
    sessions: clients.value.sessions,
    defaultCredential: PAPER_CREDENTIAL,
    notes: storage,
    vault: vault(env),
    owesData: () => around.owed().length > 0,
    async spread(grant) {
      const told = users().map(({ name, user }) =>
        user.learnSession(grant).catch((error: unknown) => {
          // It asks by itself when its watchdog finds it without a session.
          log("warn", "session_not_spread", { to: name, error: errorText(error) });
        }),
      );
      await Promise.all(told);
    },
    dataFlows: (generation) => dataFlows(around, generation),
    tell: laidDown(env),
    armAt: (at) => void armAt(alarms, at),
    log,
  });
}

/** Whether a price came over a socket of this generation. Those of the one before may still bring some. */
async function dataFlows(around: SessionSurroundings, generation: number): Promise<boolean> {
  const since = Date.now();
  while (Date.now() - since < SESSION_PROOF_MS) {
    const probes = around.owed().slice(0, SESSION_PROBES_MAX);
    // Nobody wants anything any more: then nothing is owed either.
    if (probes.length === 0) return true;
    const quotes = quotesOf(around, generation);
    const { proof } = await feedLive(around.broker, quotes, probes, since);
    if (proof) return true;
    await scheduler.wait(SESSION_PROOF_POLL_MS);
  }
  return false;
}

const NOTHING = { instruments: [] };

/**
 * What the shards have where the generation brings data: what is planned counts as pinned, so that nothing
 * is subscribed for this.
 */
const quotesOf = (
  { shards, owed }: Pick<SessionSurroundings, "shards" | "owed">,
  generation: number,
): Quotes => ({
  quotes: async (instruments) => {
    const answers = shards().map(async ({ shard }) =>
      (await shard.flows(generation)) ? shard.quotes(instruments) : [],
    );
    return (await Promise.all(answers)).flat();
  },
  view: async () => ({ pinned: owed() }),
  pin: async () => ok(NOTHING),
  unpin: async () => ok(NOTHING),
});

/** Moves the object's alarm to sooner only: whatever it was set for is still looked after. */
async function armAt(alarms: SessionSurroundings["alarms"], at: number): Promise<void> {
  const soonest = Math.max(at, Date.now() + OBJECT_RETRY_MS);
  const set = await alarms.getAlarm();
  if (set === null || set > soonest) await alarms.setAlarm(soonest);
}
