/** A bug, not a refusal: something that the program's own logic rules out has happened. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** States what must hold here. Stays on in production: a wrong ledger is worse than a stopped one. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends an exhaustive switch: a new arm of a union that nobody handled is a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unhandled case: ${JSON.stringify(value)}`);
}
