/** Orders' events in R2: JSON lines, `order-events/<day>/<first id>-<hash>.ndjson.gz`. */
import type { EventFiles } from "../application/move-events.ts";
import {
  packEvents,
  unpackEvents,
  type EventPart,
  type StoredEvent,
} from "../domain/event-part.ts";
import { readFile, writeFile } from "./archive-files.ts";

export const eventFilesIn = (bucket: R2Bucket): EventFiles => ({
  async write(day, events) {
    const firstId = events[0]?.clientOrderId ?? "";
    const lastId = events.at(-1)?.clientOrderId ?? "";
    const name = `order-events/${day}/${firstId}`;
    const file = await writeFile(bucket, name, packEvents(events));
    return { day, firstId, lastId, events: events.length, ...file };
  },
});

/** The events of one order in a listed file. Throws when the file is gone or is not what was written. */
export async function eventsInFile(
  bucket: R2Bucket,
  part: Pick<EventPart, "key" | "sha256">,
  clientOrderId: string,
): Promise<StoredEvent[]> {
  return unpackEvents(await readFile(bucket, part), clientOrderId);
}
