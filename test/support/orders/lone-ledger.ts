/** The ledger's logic alone, with a gateway that only takes note: time passes when a test says so. */
import { expect } from "vitest";
import type { IntentFacts, OrderGatewayPort } from "../../../src/application/ports.ts";
import type { OrderChanges, TermsApproval } from "../../../src/domain/order.ts";
import { approvedWith, START } from "./scripted.ts";
import { SimulatedLedger } from "./simulated-ledger.ts";
import { INSTRUMENT } from "./world.ts";

const MARK = {
  instrument: INSTRUMENT.id,
  price: 100,
  bid: 99.9,
  ask: 100.1,
  time: START,
  provider: "simulated",
};

export const facts = (): IntentFacts => ({
  instrument: INSTRUMENT,
  marketOpen: true,
  brokerRefusal: null,
  mark: MARK,
});

/** What each test begins with. */
export const { intent } = approvedWith();

/** A ledger that has reserved one order and waits for news of it. `fails`: its gateway does not answer. */
export async function reserved({ fails = false } = {}) {
  let now = START;
  const canceled: string[] = [];
  /** Under what new terms were brought to the gateway. */
  const modified: TermsApproval[] = [];
  const retried: string[] = [];
  const flattened: string[] = [];
  const refusals: string[] = [];
  /** Every question to the gateway about an order. */
  const asked: string[] = [];
  const ask = (id: string): void => {
    asked.push(id);
    if (fails) throw new Error("no answer");
  };
  /** Resumes that the gateway has heard of. */
  const told: { scope: string; version: number; haltVersion: number }[] = [];
  let isAway = false;
  const reach = (): void => {
    if (isAway) throw new Error("away");
  };
  const gateway = {
    halt: async () => reach(),
    fence: async () => reach(),
    resume: async (scope: string, version: number, haltVersion: number) => {
      reach();
      told.push({ scope, version, haltVersion });
    },
    lookUp: async (id: string) => {
      ask(id);
      return { record: "none", attempts: 0, found: false, brokerOrder: null };
    },
    cancel: async (id: string) => {
      ask(id);
      canceled.push(id);
    },
    modify: async (id: string, _changes: OrderChanges, approval: TermsApproval) => {
      ask(id);
      modified.push(approval);
    },
  } as Partial<Record<keyof OrderGatewayPort, unknown>> as OrderGatewayPort;
  const ledger = new SimulatedLedger({
    now: () => now,
    after: () => () => {},
    setAlarm: () => {},
    gateway: () => gateway,
    retries: { send: async ({ clientOrderId }) => void retried.push(clientOrderId) },
    tripWork: {
      cancel: async (orders) => void canceled.push(...orders.map((each) => each.clientOrderId)),
      flatten: async (scope) => {
        flattened.push(scope);
        return { positions: 1, sent: 0, refusals: [...refusals] };
      },
    },
    log: () => {},
    onReserved: () => {},
    onReplaced: () => {},
    onApplied: () => {},
    onFlattenAsked: () => {},
  });
  const calls = ledger.calls();
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await calls.recordBalances(intent.account, balances, START);
  const answer = await calls.reserve(intent, facts());
  expect(answer.kind).toBe("approved");
  const advance = (ms: number): void => void (now += ms);
  /** The feed's price of this moment. */
  const mark = (): void => ledger.takeMarks([{ ...MARK, time: now }]);
  const passed = (): number => now - START;
  const gatewayIsAway = (away: boolean): void => void (isAway = away);
  const seen = { canceled, modified, retried, flattened, refusals, asked, told };
  return { ledger, calls, ...seen, advance, mark, passed, gatewayIsAway };
}
