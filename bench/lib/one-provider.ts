/** What is timed has one feed, as the servers beside it have. */
import type { Platform } from "../../test/support/platform.ts";

const RANKED_AT_ONCE = 8;
const RATE_PAUSE_MS = 200;

async function allInstruments(platform: Platform): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  for (;;) {
    const page = await platform.get<{ items: { id: string }[]; nextCursor: string | null }>(
      `/v1/instruments?limit=500${cursor}`,
    );
    ids.push(...page.items.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/**
 * Each instrument follows its exchange alone. A provider that stands by is read, cleaned and judged like the
 * active one, in the same thread here: twice the feed that the servers beside it get.
 */
export async function followOneProvider(platform: Platform): Promise<void> {
  const waiting = (await allInstruments(platform)).map(
    (id) => `/v1/instruments/${encodeURIComponent(id)}/providers`,
  );
  const ranker = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const { status } = await platform.call(path, { method: "PUT", body: { ranked: ["paper"] } });
      // A fast machine comes to the API's rate.
      if (status === 429) {
        waiting.push(path);
        await new Promise((resolve) => setTimeout(resolve, RATE_PAUSE_MS));
      } else if (status !== 200) throw new Error(`PUT ${path} answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: RANKED_AT_ONCE }, ranker));
}
