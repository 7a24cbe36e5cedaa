/** A child process that is asked one thing after the other, and is sure to end. */
import { type ChildProcess, fork } from "node:child_process";
import { cpuSeconds } from "./processes.ts";

export class Child<Message extends object> {
  readonly #name: string;
  readonly #process: ChildProcess;
  #ended: Error | null = null;

  constructor(name: string, script: string, args: string[] = []) {
    this.#name = name;
    this.#process = fork(script, args);
    this.#process.once("exit", (code) => {
      this.#ended = new Error(`${name} ended with code ${code}`);
    });
  }

  /** Resolves with its answer; one question at a time. */
  ask<Answer>(message: Message): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const ended = (code: number | null): void =>
        reject(new Error(`${this.#name} ended with code ${code}`));
      this.#process.once("exit", ended);
      this.#process.once("message", (answer) => {
        this.#process.off("exit", ended);
        resolve(answer as Answer);
      });
      this.#process.send(message);
    });
  }

  cpuSeconds(): number {
    return cpuSeconds(this.#process.pid ?? 0) ?? 0;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

/** The child's side: answers each message, in order. */
export function answerMessages(answer: (message: never) => unknown): void {
  let queue: Promise<unknown> = Promise.resolve();
  process.on("message", (message) => {
    queue = queue
      .then(() => answer(message as never))
      .then((value) => process.send?.(value ?? null))
      .catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
  });
  process.on("disconnect", () => process.exit(0));
}
