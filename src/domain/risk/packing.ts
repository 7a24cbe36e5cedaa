/** The ledger's own objects as JSON text and back, exact to the last digit. Decimals turn themselves into text. */
import { decimal, type Decimal } from "../decimal.ts";
import type { Order } from "../order.ts";
import { EMPTY_SIDE, type UnitRisk } from "./money-at-risk.ts";
import { newEntry } from "./entry.ts";
import {
  NO_FIGURES,
  type AccountBalances,
  type Commitment,
  type DayFigures,
  type Holding,
  type LedgerOrder,
} from "./state.ts";

/** Every decimal of a type as the text it is stored as. */
type Packed<T> = T extends Decimal
  ? string
  : T extends readonly (infer Item)[]
    ? Packed<Item>[]
    : T extends object
      ? { [Key in keyof T]: Packed<T[Key]> }
      : T;

type StoredOrder = Omit<LedgerOrder, "quantity" | "filled" | "share" | "ended">;

export function packOrder(entry: LedgerOrder): string {
  const { quantity: _, filled: __, share: ___, ended: ____, ...stored } = entry;
  return JSON.stringify(stored satisfies StoredOrder);
}

/** An order out of storage. Its holding does not know it yet. */
export function unpackOrder(text: string): LedgerOrder {
  const stored = JSON.parse(text) as Packed<StoredOrder>;
  const { order, asked, commitment } = stored;
  const filled = decimal(order.filledQuantity);
  return {
    ...newEntry(order, unpackUnit(stored.unit)),
    filled,
    fillCost: decimal(stored.fillCost),
    original: stored.original,
    untriggered: stored.untriggered,
    // Left out by whoever stored it before it was known.
    placedAt: stored.placedAt ?? null,
    label: stored.label,
    attempts: stored.attempts,
    asked: asked && {
      changes: asked.changes,
      quantity: decimal(asked.quantity),
      unit: unpackUnit(asked.unit),
      ...(asked.before !== undefined && { before: unpackCommitment(asked.before) }),
    },
    // Left out by whoever stored it before it was kept.
    cancelWished: stored.cancelWished ?? order.state === "pending_cancel",
    commitment: unpackCommitment(commitment),
  };
}

const unpackCommitment = (commitment: Packed<Commitment> | null): Commitment | null =>
  commitment && { ...commitment, amount: decimal(commitment.amount) };

/** Just the order, for whoever only passes it on. */
export const packedOrder = (text: string): Order => (JSON.parse(text) as { order: Order }).order;

export const unpackUnit = (unit: Packed<UnitRisk>): UnitRisk => ({
  price: decimal(unit.price),
  moneyAtRisk: decimal(unit.moneyAtRisk),
  stop: unit.stop === null ? null : decimal(unit.stop),
});

type StoredHolding = Omit<
  Holding,
  "orders" | "sides" | "figures" | "isAged" | "best" | "unchecked"
>;

export function packHolding(holding: Holding): string {
  const { algoId, instrument, account, currency, position, filled, ended } = holding;
  const stored: StoredHolding = {
    algoId,
    instrument,
    account,
    currency,
    position,
    filled,
    ended,
  };
  return JSON.stringify(stored);
}

/** A holding out of storage, without its open orders and its figures. */
export function unpackHolding(text: string): Holding {
  const stored = JSON.parse(text) as Packed<StoredHolding>;
  const { position, filled, ended } = stored;
  return {
    algoId: stored.algoId,
    instrument: stored.instrument,
    account: stored.account,
    currency: stored.currency,
    position: {
      quantity: decimal(position.quantity),
      cost: decimal(position.cost),
      moneyAtRisk: decimal(position.moneyAtRisk),
      realisedProfit: decimal(position.realisedProfit),
    },
    filled: { buy: decimal(filled.buy), sell: decimal(filled.sell) },
    ended: { buy: decimal(ended.buy), sell: decimal(ended.sell) },
    orders: new Map(),
    sides: { buy: EMPTY_SIDE, sell: EMPTY_SIDE },
    figures: NO_FIGURES,
    isAged: false,
    best: {},
    unchecked: 0,
  };
}

export const packDay = (day: DayFigures): string => JSON.stringify(day);

export function unpackDay(text: string): DayFigures {
  const stored = JSON.parse(text) as Packed<DayFigures>;
  return {
    startProfit: decimal(stored.startProfit),
    worstProfit: decimal(stored.worstProfit),
    peakProfit: decimal(stored.peakProfit),
    moneyAtRiskMax: decimal(stored.moneyAtRiskMax),
    notionalMax: decimal(stored.notionalMax),
  };
}

export const packBalances = ({ at, available }: AccountBalances): string =>
  JSON.stringify({ at, available: [...available] });

export function unpackBalances(text: string): AccountBalances {
  const stored = JSON.parse(text) as { at: number; available: [string, string][] };
  return {
    at: stored.at,
    available: new Map(stored.available.map(([currency, value]) => [currency, decimal(value)])),
  };
}
