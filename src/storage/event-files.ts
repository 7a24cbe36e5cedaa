/**
 * Orders' events in R2: gzip of JSON lines, `order-events/<day>/<first id>-<hash>.ndjson.gz`. A file is never
 * changed: its name is of its content, so two writers of different events never write the same one.
 */
import type { EventFiles } from "../application/move-events.ts";
import {
  packEvents,
  unpackEvents,
  type EventPart,
  type StoredEvent,
} from "../domain/event-part.ts";

/** Hex characters of the hash in a file's name: two files of one day and first order differ by them. */
const NAME_HASH_CHARS = 16;

export const eventFilesIn = (bucket: R2Bucket): EventFiles => ({
  async write(day, events) {
    const packed = await gzip(packEvents(events));
    const sha256 = await digest(packed);
    const firstId = events[0]?.clientOrderId ?? "";
    const lastId = events.at(-1)?.clientOrderId ?? "";
    const key = `order-events/${day}/${firstId}-${sha256.slice(0, NAME_HASH_CHARS)}.ndjson.gz`;
    const part = { day, key, firstId, lastId, events: events.length, bytes: packed.length, sha256 };
    await bucket.put(key, packed, { sha256 });
    const back = unpackEvents(await textOf(bucket, part));
    if (back.length !== events.length)
      throw new Error(`${key} was read back with ${back.length} of ${events.length} events`);
    return part;
  },
});

/** The events of one order in a listed file. Throws when the file is gone or is not what was written. */
export async function eventsInFile(
  bucket: R2Bucket,
  part: Pick<EventPart, "key" | "sha256">,
  clientOrderId: string,
): Promise<StoredEvent[]> {
  return unpackEvents(await textOf(bucket, part), clientOrderId);
}

async function textOf(
  bucket: R2Bucket,
  { key, sha256 }: Pick<EventPart, "key" | "sha256">,
): Promise<string> {
  const file = await bucket.get(key);
  if (!file) throw new Error(`${key} of the archive is not there`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if ((await digest(bytes)) !== sha256)
    throw new Error(`${key} of the archive is not what was written: its hash is another`);
  return new Response(streamOf(bytes).pipeThrough(new DecompressionStream("gzip"))).text();
}

async function gzip(text: string): Promise<Uint8Array> {
  const packed = streamOf(new TextEncoder().encode(text)).pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

const streamOf = (bytes: Uint8Array): ReadableStream => new Blob([bytes]).stream();

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
