/**
 * Frames that could not be read: counted by kind, told to the log once per kind and minute, and when they
 * repeat a reason to replace the connection. Never a reason to fall over. Pure but for its own counts.
 */
import { FRAME_FAULTS_MAX, FRAME_FAULTS_WINDOW_MS } from "./feed-limits.ts";

export const FRAME_FAULTS = [
  /** Bytes where text is due, or the other way round. */
  "binary",
  /** It breaks off in the middle. */
  "truncated",
  /** Larger than any frame should be: it is not even looked at. */
  "oversized",
  /** Not the format that the broker speaks. */
  "malformed",
  /** The format, but not a known message, or a field of the wrong kind. */
  "unknown_shape",
  /** An answer to nothing that was asked, or a number that skips or goes back. */
  "out_of_sequence",
] as const;

export type FrameFault = (typeof FRAME_FAULTS)[number];

export class FrameFaults {
  /** Of all connections. */
  readonly counts: Partial<Record<FrameFault, number>> = {};
  readonly #loggedAt = new Map<FrameFault, number>();
  /** Of the present connection, within the window; the oldest first. */
  #recent: number[] = [];

  /** What was counted elsewhere counts here, too. */
  add({ counts }: FrameFaults): void {
    for (const kind of FRAME_FAULTS) {
      const count = (this.counts[kind] ?? 0) + (counts[kind] ?? 0);
      if (count > 0) this.counts[kind] = count;
    }
  }

  /** A new connection begins with a clean sheet. */
  reset(): void {
    this.#recent = [];
  }

  /** `isToLog`: the first of its kind for a minute. `isTooMany`: this connection is to be replaced. */
  note(kind: FrameFault, now: number): { isToLog: boolean; isTooMany: boolean } {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    const loggedAt = this.#loggedAt.get(kind);
    const isToLog = loggedAt === undefined || now - loggedAt >= FRAME_FAULTS_WINDOW_MS;
    if (isToLog) this.#loggedAt.set(kind, now);
    this.#recent = this.#recent.filter((at) => now - at < FRAME_FAULTS_WINDOW_MS);
    this.#recent.push(now);
    return { isToLog, isTooMany: this.#recent.length >= FRAME_FAULTS_MAX };
  }
}
