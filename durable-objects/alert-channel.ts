/**
 * Tells people by one channel, in passes that each are a call of their own: a slow receiver takes no
 * connection, request or time of another channel's. It keeps nothing: what is due stands in D1, and a
 * pass that dies leaves it to the next, which the platform or the cron starts.
 */
import { DurableObject } from "cloudflare:workers";
import { errorText } from "../src/application/log.ts";
import type { AlertChannelPort } from "../src/application/ports.ts";
import { assert } from "../src/domain/assert.ts";
import { CHANNELS } from "../src/notify/channel.ts";
import { tellBy } from "../src/platform/alerts.ts";
import { logger } from "../src/platform/logger.ts";

export class AlertChannel extends DurableObject<Env> implements AlertChannelPort {
  /** While a pass runs no alarm is set, so that what came meanwhile gets one of its own after it. */
  async tell(): Promise<void> {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now());
  }

  override async alarm(): Promise<void> {
    const channel = CHANNELS.find((name) => name === this.ctx.id.name);
    assert(channel, `there is no channel ${this.ctx.id.name}`);
    try {
      const goOnInMs = await tellBy(this.env, channel);
      if (goOnInMs !== null) await this.ctx.storage.setAlarm(Date.now() + goOnInMs);
    } catch (error) {
      // The cron's next minute looks again: sooner would only hurry a database that is in trouble.
      const log = logger({ object: "AlertChannel", channel });
      log("error", "alert_pass_failed", { error: errorText(error) });
    }
  }
}
