/**
 * Lets calls that come at about the same time go on at the same time: what each then writes, in one
 * synchronous run of its own, is put on the disk as one. It decides nothing and drops nothing.
 */
export class Together {
  #next: Promise<void> | null = null;

  /** Resolves for all who wait, in their order, as soon as the object has taken in what is there. */
  turn(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      // A timer comes after every call that has already arrived: the busier it is, the more go together.
      setTimeout(() => {
        this.#next = null;
        resolve();
      }, 0);
    });
    return this.#next;
  }
}
