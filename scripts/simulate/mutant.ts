/** What a deliberate mistake is made of. */
export interface FileChange {
  file: string;
  /** Each text stands exactly once in the file. */
  changes: readonly (readonly [from: string, to: string])[];
}

export interface Mutant extends FileChange {
  name: string;
  /** A second file, where two layers guard the same thing. */
  also?: FileChange;
}
