/** What a group's readers may still owe: how long its last frames were, by which an acknowledgement is judged. */
import {
  STREAM_UNACKNOWLEDGED_CHARACTERS_MAX,
  STREAM_UNACKNOWLEDGED_FRAMES_MAX,
} from "../src/domain/limits.ts";

/** As many as a reader may owe, and the one that it acknowledged last. */
const KEPT = STREAM_UNACKNOWLEDGED_FRAMES_MAX + 1;

export class OwedFrames {
  /** Characters sent up to the end of each of the last frames, by its number modulo `KEPT`. */
  readonly #charactersUpTo: number[] = [];
  #characters = 0;
  #seq = 0;

  /** Frames are noted one after the other, from number 1 on. */
  note(seq: number, characters: number): void {
    this.#characters += characters;
    this.#charactersUpTo[seq % KEPT] = this.#characters;
    this.#seq = seq;
  }

  /** Whether one that acknowledged this frame, and was sent all since, owes more than it may. */
  isTooMuchSince(acknowledged: number): boolean {
    return (
      this.#seq - acknowledged > STREAM_UNACKNOWLEDGED_FRAMES_MAX ||
      this.#characters - this.#upTo(acknowledged) > STREAM_UNACKNOWLEDGED_CHARACTERS_MAX
    );
  }

  /** What one that was sent all up to frame `sent`, one of the last two, has to acknowledge to owe half of what it may. */
  halfOf(sent: number): number {
    const charactersMax = STREAM_UNACKNOWLEDGED_CHARACTERS_MAX / 2;
    let seq = Math.max(0, sent - STREAM_UNACKNOWLEDGED_FRAMES_MAX / 2);
    while (seq < sent && this.#upTo(sent) - this.#upTo(seq) > charactersMax) seq += 1;
    return seq;
  }

  #upTo(seq: number): number {
    return this.#charactersUpTo[seq % KEPT] ?? 0;
  }
}
