/** People are told as the objects of the channels do it, but at a time that the test says: pass after pass by each channel until nothing more is due. */
import type { Channels } from "../../../src/notify/settings.ts";
import { tellPeople, type AlertBook } from "../../../src/notify/tell-people.ts";

export async function tellByEach(
  { channels, link }: Pick<Channels, "channels" | "link">,
  books: readonly AlertBook[],
  at: number,
): Promise<void> {
  const on = new Set(channels.map(({ name }) => name));
  const now = () => at;
  await Promise.all(
    channels.map(async (channel) => {
      const pass = () => tellPeople({ books, channel, on, link, now, log: () => {} });
      while ((await pass()) === 0);
    }),
  );
}

/** In the place of the channels' objects: writes down who is woken, and one may not be. */
export function wokenChannels(asleep?: string) {
  const woken: string[] = [];
  const tell = async (name: string): Promise<void> => {
    if (name === asleep) throw new Error("overloaded");
    woken.push(name);
  };
  const ALERT_CHANNEL = {
    idFromName: (name: string) => name,
    get: (name: string) => ({ tell: () => tell(name) }),
  } as unknown as DurableObjectNamespace;
  return { woken, ALERT_CHANNEL };
}
