/**
 * Moving what is old out of D1: one pass through a table for each day that has closed, in slices, by the
 * minute's cron. How far it has come is stored after each slice, so that the next run goes on from there.
 */
import { errorText } from "./log.ts";

/** How far it has come. */
export interface MovingState {
  /** The closed day after which the pass began; null before the first. */
  day: string | null;
  /** Up to here was looked at in the pass; empty at its beginning. */
  afterId: string;
  /** ms since 1970; null while the pass goes on. */
  finishedAt: number | null;
  /** Since when no slice went through, and why; null while they do. */
  failingSince: number | null;
  error: string | null;
}

export interface MovingPorts<State extends MovingState> {
  book: { state(): Promise<State>; save(state: State): Promise<void> };
  /** One run begins slices for so long. */
  runMs: number;
  now: () => number;
}

/** How far a slice came, and whether there was nothing left after it. */
export interface Slice<State> {
  state: State;
  isLast: boolean;
}

/** Whether the pass of this closed day is over, or a later one's. */
export const isMoved = (
  { day, finishedAt }: Pick<MovingState, "day" | "finishedAt">,
  closedDay: string,
): boolean => finishedAt !== null && day !== null && day >= closedDay;

/** Goes on with the pass, or begins that of the closed day, for as long as one run may take. What fails is in the state. */
export async function moveInSlices<State extends MovingState>(
  { book, runMs, now }: MovingPorts<State>,
  closedDay: string,
  slice: (state: State, now: number) => Promise<Slice<State>>,
): Promise<State> {
  const startedAt = now();
  let state = begun(await book.state(), closedDay);
  try {
    while (state.finishedAt === null && now() - startedAt < runMs) {
      const at = now();
      const { state: next, isLast } = await slice(state, at);
      state = { ...next, finishedAt: isLast ? at : null, failingSince: null, error: null };
      await book.save(state);
    }
  } catch (error) {
    state = { ...state, failingSince: state.failingSince ?? now(), error: errorText(error) };
    await book.save(state);
  }
  return state;
}

/** A pass that was not finished goes on: what it has not seen is older than what a new one would begin with. */
const begun = <State extends MovingState>(state: State, closedDay: string): State =>
  (state.day === null || state.finishedAt !== null) && !isMoved(state, closedDay)
    ? { ...state, day: closedDay, afterId: "", finishedAt: null }
    : state;
