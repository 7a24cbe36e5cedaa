/** The money of the simulated account, as its broker counts it: what fills cost and fees took, what rests, and what comes and goes past us. */
import { decimal, decimalText, ZERO, type Decimal } from "../../../src/domain/decimal.ts";
import { isOpen, type Exchange } from "./exchange.ts";
import { broughtBy } from "./fees.ts";

/** What most runs begin with: nothing that they ask for is ever too much. */
export const PLENTY = 1_000_000;

export class Account {
  readonly #exchange: Exchange;
  #money: Decimal;

  constructor(exchange: Exchange, money: number) {
    this.#exchange = exchange;
    this.#money = decimal(String(money));
  }

  /** A deposit, or, below 0, a withdrawal or what another's trading took. */
  move(change: number): void {
    this.#money = this.#money.plus(change);
  }

  /** Short or long, what is held and what rests needs its full price. */
  balances(): { currency: string; total: string; available: string }[] {
    const { fills, held } = this.#exchange;
    const instruments = [...new Set(fills.map(({ instrument }) => instrument))];
    const at = (instrument: string) => String(this.#exchange.price(instrument));
    const worth = instruments.map((id) => decimal(this.#exchange.position(id)).times(at(id)));
    const total = [...worth, ...fills.map(broughtBy)].reduce(
      (sum, each) => sum.plus(each),
      this.#money,
    );
    const resting = held.filter(isOpen).map(({ order }) => {
      const rest = decimal(order.quantity).minus(order.filledQuantity);
      return rest.times(order.limitPrice ?? order.stopPrice ?? at(order.instrument));
    });
    const bound = [...worth.map((each) => each.abs()), ...resting].reduce(
      (sum, each) => sum.plus(each),
      ZERO,
    );
    const available = decimalText(total.minus(bound));
    return [{ currency: "USD", total: decimalText(total), available }];
  }
}
