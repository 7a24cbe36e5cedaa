/** What a deliberate mistake is made of. */
export interface FileChange {
  file: string;
  /** Each text stands exactly once in the file. */
  changes: readonly (readonly [from: string, to: string])[];
}

export interface Mutant extends FileChange {
  name: string;
  /** The first of its seeds, where it is not 1: of what breaks in a window of milliseconds one run in seven hundred tells. */
  from?: number;
  /** A second file, where two layers guard the same thing. */
  also?: FileChange;
}
