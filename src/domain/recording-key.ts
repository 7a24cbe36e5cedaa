/** Where a recording stands in the archive: `ticks/<broker>/<yyyy-mm-dd>/<hh-mm>/<shard>/<ms within the minute>`, in UTC. */

const MINUTE_MS = 60_000;

const KEY_PATTERN =
  /^ticks\/([a-z0-9_-]+)\/(\d{4}-\d{2}-\d{2})\/(\d{2})-(\d{2})\/([^/]+)\/(\d{5})$/;

/**
 * The key of ticks of one shard from `firstTime` on, ms since 1970, all received in the same minute. A
 * minute has a second recording when the first grew too large or the shard started again: the
 * milliseconds keep them apart.
 */
export function recordingKey(broker: string, shard: string, firstTime: number): string {
  const part = String(firstTime % MINUTE_MS).padStart(5, "0");
  return `${minuteKey(broker, firstTime)}/${shard}/${part}`;
}

/** Before the keys of all recordings of the minute of `time`, and after those of the minute before. */
export function minuteKey(broker: string, time: number): string {
  const [day = "", clock = ""] = new Date(time).toISOString().split("T");
  return `${recordingsOf(broker, day)}${clock.slice(0, 5).replace(":", "-")}`;
}

/** What the keys of a broker's day begin with; the order of keys is that of time, minute by minute. */
export const recordingsOf = (broker: string, day: string): string => `ticks/${broker}/${day}/`;

export interface RecordingPlace {
  broker: string;
  shard: string;
  /** Start of the minute in which the ticks were received, ms since 1970. */
  minute: number;
}

/** Null when it is not the key of a recording. */
export function recordingPlace(key: string): RecordingPlace | null {
  const match = KEY_PATTERN.exec(key);
  if (match === null) return null;
  const [, broker = "", day = "", hour = "", minute = "", shard = ""] = match;
  const time = Date.parse(`${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(time) ? null : { broker, shard, minute: time };
}
