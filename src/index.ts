/** The Worker: wiring only. Requests go to the API, queue batches and cron ticks to their use cases. */
import { createApp } from "./api/app.ts";
import { dispatchQueue } from "./queues/dispatch.ts";
import { runWatchdog } from "./schedule/watchdog.ts";

export * from "../durable-objects/index.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  queue: dispatchQueue,
  scheduled: (_event, env) => runWatchdog(env),
} satisfies ExportedHandler<Env>;
