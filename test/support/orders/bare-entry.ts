/** A filled entry of a bracket whose exits its gateway has yet to place, with a real ledger behind it and a broker without a connection. */
import { saveBracket } from "../../../src/application/gateway/bracket-notes.ts";
import { newRecord } from "../../../src/application/gateway/record.ts";
import { legId, newBracket } from "../../../src/domain/bracket.ts";
import { facts, intent, reserved } from "./lone-ledger.ts";
import { MemoryStore } from "./memory-store.ts";
import { approvedWith, executionOf, scripted, START, type Script } from "./scripted.ts";

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

export const stop = legId("o-1", 1, "stop");
export const target = legId("o-1", 1, "target");

/** A filled entry of the platform, its ledger, and a gateway that has placed none of its exits yet. */
export async function bareEntry() {
  const { calls, advance } = await reserved();
  const event = { kind: "filled", execution: executionOf("E1", intent.quantity) } as const;
  await calls.post([{ eventId: "E1", clientOrderId: "o-1", event, at: START }]);
  const store = new MemoryStore();
  const filled = { ...newRecord("o-1", approvedWith({ bracket }), START), filledQuantity: "10" };
  const entry = { ...filled, record: "accepted", ended: "filled" } as const;
  store.save({ order: entry, posts: [], executions: [] });
  saveBracket({ store }, { bracket: newBracket("o-1"), dueAt: 0 }, false);
  const queued: string[] = [];
  let sentAs = 0;
  /** What happens before the gateway hears the ledger's answer. */
  const after = { reserved: async (): Promise<void> => {} };
  const script: Script = {
    isFrozen: true,
    reserve: async (exit) => {
      const open = script.isShut !== true;
      const answer = await calls.reserve(exit, { ...facts(), marketOpen: open });
      await after.reserved();
      return answer;
    },
    approved: (id, lots) => calls.approved(id, lots),
    ledgerOrder: (id) => calls.order(id),
    retried: (id) => void queued.push(id),
    submit: async () => ({ outcome: "not_sent", reason: "no connection" }),
  };
  const run = scripted(script, store);
  const connects = (): void =>
    void (script.submit = async () => ({
      outcome: "accepted",
      brokerOrderId: `B-${(sentAs += 1)}`,
      pendingTrigger: true,
    }));
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      run.advance(500);
      advance(500);
      await run.gateway.watch();
    }
  };
  const told = () => run.incidents.map(({ id }) => id);
  return { run, store, script, calls, after, queued, connects, pass, told };
}
