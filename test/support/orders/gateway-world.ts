/** What a simulated gateway runs among. */
import type { GatewayPorts } from "../../../src/application/gateway/ports.ts";
import type { Log } from "../../../src/application/log.ts";
import type { RetryQueuePort } from "../../../src/application/ports.ts";
import type { Monitor } from "./monitor.ts";
import type { Random } from "./random.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";
import type { Timeline } from "./timeline.ts";
import type { Trouble } from "./trouble.ts";

export interface GatewayWorld {
  timeline: Timeline;
  random: Random;
  /** Of its own: a run in which no exit is slow goes as it would without. */
  slowness: Random;
  trouble: Trouble;
  broker: SimulatedBroker;
  monitor: Monitor;
  retries: RetryQueuePort;
  /** What the platform tells of an exit that the gateway places itself. */
  facts: GatewayPorts["facts"];
  now(): number;
  ledger: GatewayPorts["ledger"];
  log: Log;
}
