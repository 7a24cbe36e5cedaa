/** Lays a mutant's changes over a source text. */
import { Failure } from "../lib/failure.ts";
import type { FileChange, Mutant } from "./mutant.ts";

/** The source with one mistake in it. A change that does not fit exactly once is a mistake of this list. */
export function broken(name: string, { file, changes }: FileChange, text: string): string {
  let result = text;
  if (changes.length === 0) throw new Failure(`The mutant "${name}" changes nothing.`);
  for (const [from, to] of changes) {
    const places = result.split(from).length - 1;
    if (places !== 1)
      throw new Failure(`The mutant "${name}" fits ${places} places of ${file}, not 1: ${from}`);
    result = result.replace(from, () => to);
  }
  return result;
}

export const filesOf = (mutant: Mutant): FileChange[] =>
  mutant.also ? [mutant, mutant.also] : [mutant];
