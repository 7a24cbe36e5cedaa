/** The archive of ticks in R2. */
import type { RecordingsPort } from "../application/recorded-day.ts";
import { recordingPlace, recordingsOf } from "../domain/recording-key.ts";

export const recordingsIn = (bucket: R2Bucket): RecordingsPort => ({
  async list(broker, day, after, limit) {
    const prefix = recordingsOf(broker, day);
    const start = after === null ? {} : { startAfter: after };
    const { objects } = await bucket.list({ prefix, limit, ...start });
    return objects.flatMap(({ key, size }) => {
      const place = recordingPlace(key);
      return place ? [{ key, minute: place.minute, shard: place.shard, bytes: size }] : [];
    });
  },
  async read(key) {
    const blob = await bucket.get(key);
    return blob ? new Uint8Array(await blob.arrayBuffer()) : null;
  },
});
