/**
 * Packs what a shard delivered and writes one blob for each minute to the archive. Memory is bounded:
 * while the archive cannot be written the oldest blob is given up and counted, and the feed goes on.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { ShardView } from "../src/contract/brokers.ts";
import {
  RECORDING_BLOB_BYTES_MAX,
  RECORDING_RETRY_MS,
  RECORDING_TRIES_MAX,
  RECORDINGS_WAITING_MAX,
} from "../src/domain/limits.ts";
import { RecordingEncoder } from "../src/domain/recording.ts";
import { recordingKey } from "../src/domain/recording-key.ts";
import type { LoggedTick } from "./feed-shard.tick-log.ts";

const MINUTE_MS = 60_000;

interface Blob {
  key: string;
  bytes: Uint8Array;
  ticks: number;
}

export interface RecorderHost {
  broker: string;
  shard: string;
  put(key: string, bytes: Uint8Array): Promise<unknown>;
  log: Log;
}

export class Recorder {
  readonly #host: RecorderHost;
  #encoder: RecordingEncoder | null = null;
  #firstTime = 0;
  #waiting: Blob[] = [];
  #isWriting = false;
  #written = 0;
  #retries = 0;
  #lostTicks = 0;

  constructor(host: RecorderHost) {
    this.#host = host;
  }

  get view(): ShardView["recording"] {
    const [written, waiting] = [this.#written, this.#waiting.length];
    return { written, waiting, retries: this.#retries, lostTicks: this.#lostTicks };
  }

  add({ update, receivedTime, epoch, seq, late }: LoggedTick): void {
    const isOther = this.#isOver(receivedTime) || receivedTime < this.#firstTime;
    if (isOther || (this.#encoder?.bytes ?? 0) >= RECORDING_BLOB_BYTES_MAX) this.finish();
    if (this.#encoder === null) {
      this.#encoder = new RecordingEncoder(this.#host.broker);
      this.#firstTime = receivedTime;
    }
    this.#encoder.add(update, { receivedTime, epoch, seq, late });
  }

  beat(now: number): void {
    if (this.#isOver(now)) this.finish();
  }

  /** Ends the blob in the making; it is written as soon as the archive takes it. */
  finish(): void {
    const encoder = this.#encoder;
    if (encoder === null) return;
    this.#encoder = null;
    const key = recordingKey(this.#host.broker, this.#host.shard, this.#firstTime);
    this.#waiting.push({ key, bytes: encoder.finish(), ticks: encoder.ticks });
    // The first one may be on its way: the next is given up instead.
    while (this.#waiting.length > RECORDINGS_WAITING_MAX) this.#giveUp(1, "too many wait");
    if (!this.#isWriting) void this.#write();
  }

  #isOver(now: number): boolean {
    return (
      this.#encoder !== null &&
      Math.floor(now / MINUTE_MS) > Math.floor(this.#firstTime / MINUTE_MS)
    );
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    for (let blob = this.#waiting[0]; blob; blob = this.#waiting[0]) {
      const reason = await this.#tryToPut(blob);
      if (reason === null) {
        this.#written += 1;
        this.#waiting.shift();
      } else this.#giveUp(0, reason);
    }
    this.#isWriting = false;
  }

  /** Null when it was written; why not, after the last try. */
  async #tryToPut({ key, bytes }: Blob): Promise<string | null> {
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#host.put(key, bytes);
        return null;
      } catch (error) {
        if (tried >= RECORDING_TRIES_MAX) return errorText(error);
      }
      this.#retries += 1;
      await new Promise((resolve) => setTimeout(resolve, tried * RECORDING_RETRY_MS));
    }
  }

  #giveUp(index: number, reason: string): void {
    const [blob] = this.#waiting.splice(index, 1);
    if (blob === undefined) return;
    this.#lostTicks += blob.ticks;
    this.#host.log("error", "recording_lost", { key: blob.key, ticks: blob.ticks, reason });
  }
}
