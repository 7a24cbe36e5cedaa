/** A gateway whose broker does exactly what the test says, call by call. */
import type {
  BrokerOrder,
  BrokerPosition,
  CancelOutcome,
  SubmitOutcome,
} from "../../../src/brokers/broker.ts";
import { Gateway } from "../../../src/application/gateway/gateway.ts";
import type { GatewayPorts } from "../../../src/application/gateway/ports.ts";
import type { RiskLedgerPort } from "../../../src/application/ports.ts";
import type { ControlCommand, RiskControlsView } from "../../../src/contract/risk-controls.ts";
import type { Incident } from "../../../src/application/reconcile-port.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { PositionView } from "../../../src/contract/orders.ts";
import type {
  ApprovedOrder,
  Execution,
  OrderChanges,
  OrderIntent,
  OrderPost,
  TermsApproval,
} from "../../../src/domain/order.ts";
import { ok } from "../../../src/domain/result.ts";
import { SIMULATED_RULES } from "./broker-faults.ts";
import { MemoryStore } from "./memory-store.ts";

export const START = 1_800_000_000_000;

/** A test stands in for the ledger here: nothing else may make an approved order. */
export function approvedWith(terms: Partial<OrderIntent> = {}): ApprovedOrder {
  const intent: OrderIntent = {
    clientOrderId: "o-1",
    algoId: "momentum",
    account: "simulated",
    instrument: "SIM:AAA",
    side: "buy",
    type: "limit",
    quantity: "10",
    limitPrice: "100",
    stopPrice: null,
    timeInForce: "gtc",
    protectiveStop: null,
    reduceOnly: false,
    ...terms,
  };
  const reserved = { intent, ledgerVersion: 5, epoch: 1, approvedAt: START };
  return reserved as ApprovedOrder;
}

let lastApproval = 1_000;

/** Of new terms, under a lease: after every halt that the test does not say is later, and each after the one before. */
export function approvalAt(epoch: number, ledgerVersion = (lastApproval += 1)): TermsApproval {
  return { epoch, ledgerVersion };
}

export const executionOf = (id: string, quantity: string): Execution => ({
  executionId: id,
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  account: "simulated",
  instrument: "SIM:AAA",
  side: "buy",
  quantity,
  price: "100",
  fee: "0",
  feeCurrency: "USD",
  executedAt: START,
});

export const brokerOrderWith = (changes: Partial<BrokerOrder> = {}): BrokerOrder => ({
  brokerOrderId: "B1",
  clientOrderId: "o-1",
  instrument: "SIM:AAA",
  side: "buy",
  type: "limit",
  quantity: "10",
  filledQuantity: "0",
  limitPrice: "100",
  stopPrice: null,
  timeInForce: "gtc",
  state: "new",
  reason: null,
  createdAt: START,
  updatedAt: START,
  ...changes,
});

const NO_CONTROLS: RiskControlsView = {
  version: 0,
  lease: { region: "here", epoch: 1, by: "a test", reason: "a test", since: 0, unconfirmed: [] },
  restrictions: [],
  algos: [],
  trips: [],
};

export interface Scripted {
  gateway: Gateway;
  store: MemoryStore;
  /** Everything the ledger was told, in order. */
  posts: OrderPost[];
  sent: string[];
  canceled: string[];
  /** New terms that went to the broker. */
  modified: OrderChanges[];
  /** What people were told. */
  incidents: Incident[];
  /** How often it was begun to tell them something. */
  readonly telling: number;
  /** What the ledger was told to do. */
  commands: ControlCommand[];
  /** Lets time pass. */
  advance(ms: number): void;
  kinds(): string[];
}

/** What the broker knows, and what it answers. Change it in the middle of a test as you like. */
export interface Script {
  submit?: (approved: ApprovedOrder) => Promise<SubmitOutcome>;
  orders?: BrokerOrder[];
  /** What it answers to a cancel; left out, that depends on what is open. */
  cancel?: () => CancelOutcome;
  modify?: () => CancelOutcome | Promise<CancelOutcome>;
  executions?: Execution[];
  isUnreachable?: boolean;
  /** The broker's list of open orders is answered then. */
  openOrdersWhen?: () => Promise<void>;
  ready?: boolean;
  /** The order stream is waited for until then. */
  readyWhen?: Promise<boolean>;
  /** Our clock less the broker's. */
  clockOffsetMs?: number;
  /** Why there is no session. */
  sessionEnded?: string;
  ledgerIsAway?: boolean;
  brokerPositions?: () => BrokerPosition[];
  controls?: () => Awaited<ReturnType<RiskLedgerPort["control"]>>;
  /** By what has been posted until then. */
  ledgerPositions?: (posts: readonly OrderPost[]) => PositionView[];
  reserve?: GatewayPorts["ledger"]["reserve"];
  reserveAll?: GatewayPorts["ledger"]["reserveAll"];
  /** The approval as the ledger has it; that of `approvedWith` when left out. */
  approved?: GatewayPorts["ledger"]["approved"];
  /** New terms; of an order that is not there when left out. */
  reserveReplace?: GatewayPorts["ledger"]["reserveReplace"];
  /** What stands to reduce positions; nothing when left out. */
  reducing?: GatewayPorts["ledger"]["reducing"];
  /** A message for a retry was made. */
  retried?: (clientOrderId: string) => void;
  /** The order as the ledger has it. */
  ledgerOrder?: GatewayPorts["ledger"]["order"];
  /** Which orders the ledger has ended; all when left out. */
  endedOf?: GatewayPorts["ledger"]["endedOf"];
  /** What the platform knows of any instrument; nothing when left out. */
  instrument?: () => Instrument | null;
  /** Its market is shut. */
  isShut?: boolean;
  /** Time stands still while somebody waits. */
  isFrozen?: boolean;
  /** Incidents cannot be laid down. */
  cannotTell?: boolean;
  /** They are laid down then. */
  tellWhen?: () => Promise<void>;
}

const ACCEPTED: SubmitOutcome = { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false };

const isOpen = ({ state }: BrokerOrder): boolean => state === "new" || state === "partially_filled";

export function scripted(script: Script = {}, store = new MemoryStore()): Scripted {
  const posts: OrderPost[] = [];
  const sent: string[] = [];
  const canceled: string[] = [];
  const modified: OrderChanges[] = [];
  const incidents: Incident[] = [];
  const commands: ControlCommand[] = [];
  let now = START;
  let telling = 0;
  const answer = <T>(rows: T[]) =>
    script.isUnreachable
      ? ({ ok: false, error: { kind: "network", reason: "unreachable" } } as const)
      : ok(rows);
  const orders = () => script.orders ?? [];
  const ports: GatewayPorts = {
    account: "simulated",
    store,
    broker: {
      rules: SIMULATED_RULES,
      submit: async (approved) => {
        sent.push(approved.intent.clientOrderId);
        return script.submit ? script.submit(approved) : ACCEPTED;
      },
      cancel: async ({ brokerOrderId }) => {
        canceled.push(brokerOrderId);
        if (script.cancel) return script.cancel();
        const found = orders().some(isOpen);
        return found ? { outcome: "accepted" } : { outcome: "rejected", reason: "not found" };
      },
      modify: async (_order, changes) => {
        modified.push(changes);
        return (await script.modify?.()) ?? { outcome: "accepted" };
      },
      openOrders: async () => {
        await script.openOrdersWhen?.();
        return answer(orders().filter(isOpen));
      },
      closedOrders: async () => answer(orders().filter((order) => !isOpen(order))),
      executions: async (since) =>
        answer((script.executions ?? []).filter(({ executedAt }) => executedAt >= since)),
      positions: async () => answer(script.brokerPositions?.() ?? []),
      balances: async () => answer([]),
      openOrderStream: () => Promise.reject(new Error("no stream here")),
      parseOrderStream: () => ({
        ok: false,
        error: { kind: "malformed", reason: "no stream here", sample: "" },
      }),
    },
    ledger: {
      post: async (rows) => {
        if (script.ledgerIsAway) throw new Error("away");
        posts.push(...rows);
        return [];
      },
      order: script.ledgerOrder ?? (async () => null),
      endedOf: script.endedOf ?? (async (ids) => ids),
      reducing: script.reducing ?? (async () => []),
      approved: async (id, lots) => {
        if (script.approved) return script.approved(id, lots);
        const approved = approvedWith();
        return { kind: "permitted", approvedAt: approved.approvedAt, approved };
      },
      reserve: script.reserve ?? (() => Promise.reject(new Error("nothing to reserve here"))),
      reserveAll: script.reserveAll ?? (() => Promise.reject(new Error("nothing to reserve here"))),
      reserveReplace: script.reserveReplace ?? (async () => ({ ok: false, error: "absent" })),
      requestCancel: async () => ({ ok: false, error: "absent" }),
      recordBalances: async () => {},
      control: async (command) => {
        commands.push(command);
        return script.controls?.() ?? ok(NO_CONTROLS);
      },
      positions: async () => script.ledgerPositions?.(posts) ?? [],
    },
    retries: { send: async ({ clientOrderId }) => script.retried?.(clientOrderId) },
    facts: async () => ({
      instrument: script.instrument?.() ?? null,
      marketOpen: script.isShut !== true,
      brokerRefusal: null,
      mark: null,
    }),
    tell: async (incident) => {
      telling += 1;
      await script.tellWhen?.();
      if (script.cannotTell) throw new Error("away");
      incidents.push(incident);
    },
    now: () => now,
    sleep: async (ms) => void (now += script.isFrozen ? 0 : ms),
    ready: async () => script.readyWhen ?? script.ready ?? true,
    sessionEnded: async () => script.sessionEnded ?? null,
    clockOffsetMs: () => script.clockOffsetMs ?? null,
    log: () => {},
  };
  return {
    gateway: new Gateway(ports),
    store,
    posts,
    sent,
    canceled,
    modified,
    incidents,
    get telling() {
      return telling;
    },
    commands,
    advance: (ms) => void (now += ms),
    kinds: () => posts.map(({ event }) => event.kind),
  };
}
