/**
 * What follows from a decision about providers: the next ones are kept subscribed, and everyone who gets
 * ticks or marks is told, until it has been taken. Doing it twice changes nothing.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerManagerPort, FeedWish } from "../src/application/ports.ts";
import type { ProviderFollower } from "../src/application/provider-ports.ts";
import { backoffDelay } from "../src/domain/backoff.ts";
import { OBJECT_RETRY_MS } from "../src/domain/limits.ts";
import { STANDBY_REFUSED_BACKOFF } from "../src/domain/provider-limits.ts";
import type { ProviderEpochs } from "./market-manager.epochs.ts";
import { activeOf } from "./market-manager.provider-answers.ts";
import type { ProviderRow, ProviderStorage } from "./market-manager.provider-storage.ts";

export interface DutiesHost {
  storage: ProviderStorage;
  manager(broker: string): Pick<BrokerManagerPort, "declare">;
  /** By name, everyone who gets ticks or marks. */
  followers(): Map<string, ProviderFollower>;
  /** Wakes the market manager no later than then. */
  wakeAt(time: number): void;
  epochs: ProviderEpochs;
  log: Log;
}

/** Standby subscriptions are declared under this name; shards open no link for it. */
const STANDBY = "standby:main" as const;

/** Stands for what is declared while a declare is under way: equal to no list of instruments. */
const UNSURE = "?";

/** A broker's manager that does not answer must not hold up a switch away from it. */
const STANDBY_WAIT_MS = 500;

/** A broker had no room for the standby: when it is asked again, ms since 1970. */
interface Refused {
  /** How many instruments were asked for. */
  asked: number;
  times: number;
  retryAt: number;
}

export class ProviderDuties {
  readonly #host: DutiesHost;
  /** By provider. Memory only: after an eviction it is asked at once. */
  readonly #refused = new Map<string, Refused>();
  readonly #rows: () => Iterable<ProviderRow>;
  #running: Promise<void> | null = null;
  #isAgain = false;

  constructor(host: DutiesHost, rows: () => Iterable<ProviderRow>) {
    this.#host = host;
    this.#rows = rows;
  }

  /** Settles when the round under way is over. */
  get done(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** One round at a time; what changes meanwhile is carried out by the next. */
  carryOutSoon(): void {
    if (this.#running) {
      this.#isAgain = true;
      return;
    }
    this.#running = this.#carryOut().finally(() => {
      this.#running = null;
      if (!this.#isAgain) return;
      this.#isAgain = false;
      this.carryOutSoon();
    });
  }

  /** Whom a switch leaves must be in standby before its consumers let go, else it could not be watched. */
  async #carryOut(): Promise<void> {
    await Promise.race([this.#declareStandby(), scheduler.wait(STANDBY_WAIT_MS)]);
    await Promise.all([...this.#host.followers()].map(([name, port]) => this.#tell(name, port)));
  }

  async #tell(name: string, port: ProviderFollower): Promise<void> {
    const { storage, log } = this.#host;
    const told = storage.told(name);
    const news = [...this.#rows()].filter(({ version }) => version > told);
    if (news.length === 0) return;
    try {
      const { epochs } = this.#host;
      await port.takeProviders(news.map((row) => activeOf(row, epochs)));
      storage.saveTold(name, Math.max(...news.map(({ version }) => version)));
    } catch (error) {
      log("warn", "switch_not_told", { to: name, reason: errorText(error) });
      this.#host.wakeAt(Date.now() + OBJECT_RETRY_MS);
    }
  }

  /** Keeps every ranked provider but the present one subscribed to what is watched. */
  async #declareStandby(): Promise<void> {
    const declared = this.#declared();
    const wanted = new Map<string, FeedWish[]>(Object.keys(declared).map((name) => [name, []]));
    for (const { instrument, state, isWatched } of this.#rows()) {
      if (!isWatched) continue;
      for (const provider of state.ranked) {
        if (provider === state.carrier) continue;
        const wishes = wanted.get(provider) ?? [];
        wishes.push({ instrument, mode: "quote" });
        wanted.set(provider, wishes);
      }
    }
    await Promise.all(
      [...wanted].map(async ([provider, wishes]) => {
        const text = wishes
          .map(({ instrument }) => instrument)
          .sort()
          .join(",");
        if (text === (declared[provider] ?? "") || this.#hasToWait(provider, wishes.length)) return;
        // Ended before the answer, it must not take the one for declared, nor the other.
        this.#remember(provider, UNSURE);
        if (await this.#declareAt(provider, wishes)) this.#remember(provider, text);
      }),
    );
  }

  /** No news tells of room: a refusal stands for a while, unless less is asked for than was refused. */
  #hasToWait(provider: string, asked: number): boolean {
    const refused = this.#refused.get(provider);
    if (!refused || asked < refused.asked || Date.now() >= refused.retryAt) return false;
    this.#host.wakeAt(refused.retryAt);
    return true;
  }

  #refuse(provider: string, asked: number): void {
    const times = this.#refused.get(provider)?.times ?? 0;
    const waitMs = OBJECT_RETRY_MS + backoffDelay(STANDBY_REFUSED_BACKOFF, times, Math.random());
    const retryAt = Date.now() + waitMs;
    this.#refused.set(provider, { asked, times: times + 1, retryAt });
    this.#host.wakeAt(retryAt);
  }

  #remember(provider: string, text: string): void {
    const now = { ...this.#declared(), [provider]: text };
    this.#host.storage.set("standby", JSON.stringify(now));
  }

  #declared(): Record<string, string> {
    return JSON.parse(this.#host.storage.setting("standby") ?? "{}") as Record<string, string>;
  }

  async #declareAt(provider: string, wishes: FeedWish[]): Promise<boolean> {
    try {
      const answer = await this.#host.manager(provider).declare(STANDBY, wishes);
      if (answer.ok) {
        this.#refused.delete(provider);
        const { length } = answer.value.instruments;
        // What its list does not have any more it cannot give: nothing is asked for again because of it.
        if (length < wishes.length)
          this.#host.log("warn", "standby_unknown", { provider, unknown: wishes.length - length });
        return true;
      }
      this.#host.log("warn", "standby_refused", { provider, message: answer.error.message });
      this.#refuse(provider, wishes.length);
      return false;
    } catch (error) {
      this.#host.log("warn", "standby_failed", { provider, reason: errorText(error) });
    }
    this.#host.wakeAt(Date.now() + OBJECT_RETRY_MS);
    return false;
  }
}
