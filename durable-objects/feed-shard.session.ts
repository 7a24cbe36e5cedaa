/** A shard's part in its account's session: it works with the token, and starts over with each new one. */
import { HeldSession } from "../src/application/held-session.ts";
import type { Log } from "../src/application/log.ts";
import type { SessionGrant } from "../src/application/ports.ts";
import { brokerManager } from "../src/platform/objects.ts";
import type { BrokerConnection } from "./feed-shard.connection.ts";

type Connection = Pick<BrokerConnection, "state" | "ensure" | "renewSession" | "endSession">;

export class ShardSession {
  readonly held: HeldSession;

  constructor(env: Env, broker: string, log: Log) {
    this.held = new HeldSession({ owner: brokerManager(env, broker), now: () => Date.now(), log });
  }

  /** The owner says it. The same generation again changes nothing. */
  learn(grant: SessionGrant, connection: Connection): void {
    if (!this.held.learn(grant)) return;
    if (grant.kind === "token") connection.renewSession();
    else connection.endSession(grant.reason);
  }

  /** The broker said on the socket that the session is over. */
  refused(reason: string): void {
    const { generation } = this.held;
    if (generation !== null) this.held.refused(generation, reason);
  }

  /** The watchdog of the connection. Without a session the owner is asked for one, and no broker. */
  ensure(connection: Connection, now: number): void {
    if (connection.state === "session_expired") void this.#lookFor(connection);
    else connection.ensure(now);
  }

  /** What the owner said may have been lost on the way. */
  async #lookFor(connection: Connection): Promise<void> {
    const { ok } = await this.held.current();
    if (ok && connection.state === "session_expired") connection.renewSession();
  }
}
