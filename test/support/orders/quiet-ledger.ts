/** A ledger beside one gateway, on a clock of the test's own; all else that it would tell goes nowhere. */
import type { OrderGatewayPort } from "../../../src/application/ports.ts";
import { SimulatedLedger } from "./simulated-ledger.ts";
import type { Timeline } from "./timeline.ts";

export const quietLedger = (timeline: Timeline, gateway: OrderGatewayPort): SimulatedLedger =>
  new SimulatedLedger({
    now: () => timeline.now(),
    after: (ms, act) => timeline.after(ms, act),
    setAlarm: () => {},
    gateway: () => gateway,
    retries: { send: async () => {} },
    tripWork: {
      cancel: async () => {},
      flatten: async () => ({ positions: 0, sent: 0, refusals: [] }),
    },
    log: () => {},
    onReserved: () => {},
    onReplaced: () => {},
    onApplied: () => {},
    onFlattenAsked: () => {},
  });
