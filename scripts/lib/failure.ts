/** An error that a person can act on: its message is the whole answer, a stack would only hide it. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}

/** Wrong options or input: nothing was started. */
export const EXIT_USAGE = 2;

/** Runs a script's main function; a `Failure` ends it with its message and code, a bug with its stack. */
export async function main(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
