/** The Worker: wiring only. Requests go to the API, queue batches and cron ticks to their use cases. */
import { createApp } from "./api/app.ts";

export * from "../durable-objects/index.ts";

const app = createApp();

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env>;
