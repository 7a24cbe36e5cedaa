/** An archive that holds one empty recording for any day. */
import type { RecordingsPort } from "../../../src/application/recorded-day.ts";
import { RecordingEncoder } from "../../../src/domain/recording.ts";
import { recordingKey } from "../../../src/domain/recording-key.ts";

const SHARD = "paper:paper:1";

export const RECORDINGS: RecordingsPort = {
  list: async (broker, day, after) => {
    const minute = Date.parse(`${day}T09:05:00Z`);
    const key = recordingKey(broker, SHARD, minute);
    return after === null ? [{ key, shard: SHARD, minute, bytes: 8 }] : [];
  },
  read: async () => new RecordingEncoder("paper").finish(),
};
