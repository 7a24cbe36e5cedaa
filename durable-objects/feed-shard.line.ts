/** One connection of a shard to its broker, with what is subscribed on it and the session that it stands on. */
import type { HeldSession } from "../src/application/held-session.ts";
import type { Log } from "../src/application/log.ts";
import type { ConnectionGrant } from "../src/application/ports.ts";
import type { BrokerFeed, FeedMessage } from "../src/brokers/broker.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { Answers, type AnswersHost } from "./feed-shard.answers.ts";
import { BrokerConnection } from "./feed-shard.connection.ts";
import { Subscriber } from "./feed-shard.subscriber.ts";

export interface LineHost {
  /** Leave to open a connection. */
  grant(): Promise<ConnectionGrant>;
  opened(line: Line, epoch: number): void;
  message(line: Line, message: FeedMessage, now: number): void;
  lost(line: Line, reason: string, now: number): void;
  /** Since when data is due, ms since 1970; null while all markets are shut. */
  dueSince(now: number): number | null;
  turnedAway(line: Line, reason: string): void;
  confirmed(line: Line, instruments: readonly InstrumentId[], now: number): void;
  alarmed(line: Line, instruments: InstrumentId[], reason: string): void;
  learn: AnswersHost["learn"];
}

export class Line {
  readonly connection: BrokerConnection;
  readonly subscriber: Subscriber;
  readonly answers: Answers;
  /** Of the session that its socket was opened under; null before the first. */
  generation: number | null = null;

  constructor(feed: BrokerFeed, session: HeldSession, host: LineHost, log: Log) {
    this.connection = new BrokerConnection(
      feed,
      {
        grant: async () => {
          const grant = await host.grant();
          this.subscriber.pace = grant.limits.subscribeMessagesPerSecond;
          return grant;
        },
        opened: (epoch) => {
          this.generation = session.generation;
          host.opened(this, epoch);
        },
        message: (message, now) => host.message(this, message, now),
        lost: (reason, now) => host.lost(this, reason, now),
        dueSince: (now) => host.dueSince(now),
        turnedAway: (reason) => host.turnedAway(this, reason),
        expired: (reason) => {
          // What an older generation is told says nothing of the present one.
          if (this.generation !== null) session.refused(this.generation, reason);
        },
      },
      log,
    );
    this.subscriber = new Subscriber(feed, (text) => this.connection.send(text));
    this.answers = new Answers(this.subscriber, {
      confirmed: (instruments, now) => host.confirmed(this, instruments, now),
      alarmed: (instruments, reason) => host.alarmed(this, instruments, reason),
      fault: (fault, now) => this.connection.fault(fault, now),
      learn: (lesson) => host.learn(lesson),
      log,
    });
  }

  /** Whether a price came over a socket of this session's generation. */
  flows(generation: number): boolean {
    return this.generation === generation && this.connection.hasData;
  }

  stop(now: number): void {
    this.connection.stop();
    this.subscriber.close(now);
  }
}
