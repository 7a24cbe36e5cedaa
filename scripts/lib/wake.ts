/**
 * Plays the part that the platform's cron has in production and `wrangler dev` leaves out: fires the
 * watchdog, and waits until every part has woken up.
 */
import type { SessionView } from "../../src/contract/brokers.ts";
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

interface Missing {
  text: string;
  /** It does not pass by itself. */
  isLasting?: boolean;
}

/** What still keeps orders from being taken; null when nothing does. */
async function missing(url: string, key: string): Promise<Missing | null> {
  const status = await read<StatusView>(url, "/v1/status", key);
  if (status === null) return { text: "the status cannot be read" };
  const asleep = status.components.filter((each) => each.state !== "ok");
  const people = await Promise.all(asleep.map(({ name }) => neededAt(url, key, name)));
  const needed = people.filter((broker) => broker !== null);
  if (needed.length > 0) return { text: needed.map(signInAt).join("; "), isLasting: true };
  if (asleep.length > 0)
    return { text: asleep.map((each) => `${each.name}: ${each.message}`).join("; ") };
  const balances = await read<{ items: unknown[] }>(url, "/v1/balances", key);
  return balances?.items.length ? null : { text: "no balances have been read from the broker" };
}

/** The broker of a feed's component at which a person has to sign in; null for any other component. */
async function neededAt(url: string, key: string, component: string): Promise<string | null> {
  const broker = /^feed (.+)$/.exec(component)?.[1];
  if (broker === undefined) return null;
  const session = await read<SessionView>(url, `/v1/brokers/${broker}/session`, key);
  const isOver = session?.state === "missing" || session?.state === "expired";
  return isOver && session.signIn === "person" ? broker : null;
}

const signInAt = (broker: string): string =>
  `sign in at ${broker}: fetch a request token with POST /v1/paper/request-tokens, and bring it in the dashboard or with POST /v1/brokers/${broker}/session (docs/api.md)`;

/** Wakes the platform; answers what is still missing when it takes too long, else null. */
export async function wake(url: string, key: string, cronUrl?: string): Promise<string | null> {
  await fireCron(url, cronUrl);
  const deadline = performance.now() + WAKE_TIMEOUT_MS;
  for (;;) {
    const still = await missing(url, key);
    if (still === null) return null;
    if (still.isLasting === true || performance.now() > deadline) return still.text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
