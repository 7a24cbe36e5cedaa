/**
 * Plays the part that the platform's cron has in production and `wrangler dev` leaves out: fires the
 * watchdog, and waits until every part has woken up.
 */
import type { StatusView } from "../../src/contract/operations.ts";

const CRON = "* * * * *";
const WAKE_TIMEOUT_MS = 20_000;
const POLL_MS = 100;

/** Where a local runtime takes the wish to fire the cron. */
const cronUrlAt = (url: string): string => `${url}/cdn-cgi/local/scheduled`;

/** Runs the Worker's `scheduled` once. Throws when it does not answer with success. */
export async function fireCron(url: string, cronUrl = cronUrlAt(url)): Promise<void> {
  const response = await fetch(`${cronUrl}?cron=${encodeURIComponent(CRON)}`);
  await response.body?.cancel();
  if (!response.ok) throw new Error(`cron answered ${response.status}`);
}

async function read<T>(url: string, path: string, key: string): Promise<T | null> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (response.ok) return (await response.json()) as T;
  await response.body?.cancel();
  return null;
}

/** What still keeps orders from being taken; null when nothing does. */
async function missing(url: string, key: string): Promise<string | null> {
  const status = await read<StatusView>(url, "/v1/status", key);
  if (status === null) return "the status cannot be read";
  const asleep = status.components.filter((each) => each.state !== "ok");
  if (asleep.length > 0) return asleep.map((each) => `${each.name}: ${each.message}`).join("; ");
  const balances = await read<{ items: unknown[] }>(url, "/v1/balances", key);
  return balances?.items.length ? null : "no balances have been read from the broker";
}

/** Wakes the platform; answers what is still missing when it takes too long, else null. */
export async function wake(url: string, key: string, cronUrl?: string): Promise<string | null> {
  await fireCron(url, cronUrl);
  const deadline = performance.now() + WAKE_TIMEOUT_MS;
  for (;;) {
    const still = await missing(url, key);
    if (still === null || performance.now() > deadline) return still;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
