/** The functional style: one object with handlers, each given the context first. */
import type { AlgoContext, AlgoHandlers, AlgoOptions, SubscribeOptions } from "./context.ts";
import { Engine } from "./engine.ts";

type WithContext<Handlers> = {
  [Name in keyof Handlers]: Handlers[Name] extends ((...args: infer Args) => infer Done) | undefined
    ? ((context: AlgoContext, ...args: Args) => Done) | undefined
    : never;
};

export interface AlgoDefinition
  extends Omit<AlgoOptions, "algoId">, SubscribeOptions, WithContext<AlgoHandlers> {
  /** The algo's id. */
  id: string;
  /** Subscribed before `onStart` is called. */
  instruments?: readonly string[] | undefined;
}

/** Resolves when the algo was stopped; rejects with the error that ended it. */
export async function runAlgo(definition: AlgoDefinition): Promise<void> {
  const { id, instruments = [], history, interval, mode } = definition;
  const handlers: AlgoHandlers = {
    async onStart() {
      if (instruments.length > 0) await context.subscribe(instruments, { history, interval, mode });
      await definition.onStart?.(context);
    },
  };
  for (const name of HANDLERS) {
    const handler = definition[name] as
      | ((context: AlgoContext, event: unknown) => void)
      | undefined;
    if (handler !== undefined) handlers[name] = (event?: unknown) => handler(context, event);
  }
  const context = new Engine({ ...definition, algoId: id }, handlers);
  await context.run();
}

/** Every handler but `onStart`, which subscribes first. */
const HANDLERS = [
  "onTick",
  "onCandle",
  "onOrder",
  "onGap",
  "onRisk",
  "onSignal",
  "onStatus",
  "onLagging",
  "onError",
  "onStop",
] as const satisfies readonly (keyof AlgoHandlers)[];
