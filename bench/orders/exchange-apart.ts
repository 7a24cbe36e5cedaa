/** The paper exchange in a runtime process of its own, as it is: the very object, with its own storage, reached over the loopback network. */
import { join } from "node:path";
import { freePort } from "../../scripts/lib/port.ts";
import { EXCHANGE_ENTRY } from "../lib/entry.ts";
import { childrenNamed } from "../lib/processes.ts";
import { type Instance, simulate } from "../lib/simulator.ts";

const NAME = "exchange";

export interface ExchangeApart {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** `bundle` is the folder with the Worker's `index.js`, `state` one of its own for what it keeps. */
export async function startExchange(
  bundle: string,
  state: string,
  compatibilityDate: string,
): Promise<ExchangeApart> {
  const worker = {
    name: NAME,
    compatibilityDate,
    modules: [
      { type: "ESModule", path: join(bundle, "exchange.js"), contents: EXCHANGE_ENTRY },
      { type: "ESModule", path: join(bundle, "index.js") },
    ],
    modulesRoot: bundle,
    bindings: { PAPER_HOURS: "always" },
    durableObjects: { PAPER_BROKER: { className: "PaperBroker", useSQLite: true } },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: await freePort() }],
  };
  const options = { host: "127.0.0.1", port: 0, resourcePersistencePath: state };
  const instance: Instance = simulate({ ...options, workers: [worker] });
  await instance.ready;
  return {
    url: (await instance.unsafeGetDirectURL(NAME)).origin,
    pid: childrenNamed("workerd").at(-1) ?? 0,
    stop: () => instance.dispose(),
  };
}
