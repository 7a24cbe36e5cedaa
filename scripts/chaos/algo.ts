/**
 * One algo under load: it places, changes, cancels and repeats orders by HTTP as any program would, and
 * asks again, with the same id and body, whatever it got no answer to.
 */
import type { Random } from "../../test/support/orders/random.ts";

/** What an algo remembers of an intent. */
export interface Asked {
  clientOrderId: string;
  body: Record<string, unknown>;
  /** `accepted`: the platform said that it is on the books. `open`: no answer yet. */
  answer: "open" | "accepted" | "denied";
  /** A code of another kind than a refusal by the ledger, for the report. */
  code: string | null;
}

export interface AlgoParts {
  url: string;
  key: string;
  algoId: string;
  random: Random;
  instruments: readonly string[];
  /** The last price of an instrument; null while it is not known. */
  price: (instrument: string) => number | null;
}

const ANSWER_TIMEOUT_MS = 8_000;

/** Answers that leave open whether the intent is on the books: it is asked again. */
const isOpen = (status: number): boolean => status === 429 || status >= 500;

export class ChaosAlgo {
  readonly asked: Asked[] = [];
  readonly #parts: AlgoParts;
  #count = 0;

  constructor(parts: AlgoParts) {
    this.#parts = parts;
  }

  /** One action, drawn by chance. Never throws: an algo outlives its platform. */
  async act(): Promise<void> {
    const { random } = this.#parts;
    const draw = random.next();
    const open = this.asked.find(({ answer }) => answer === "open");
    if (open && draw < 0.5) return this.#ask(open);
    const known = this.asked.filter(({ answer }) => answer === "accepted");
    const [one] = known.length === 0 ? [] : [known[random.between(0, known.length - 1)]];
    if (!one || draw < 0.6) return this.#place();
    if (draw < 0.8) return void (await this.#call("DELETE", `/v1/orders/${one.clientOrderId}`));
    if (draw < 0.9) {
      const quantity = random.between(1, 20);
      return void (await this.#call("PATCH", `/v1/orders/${one.clientOrderId}`, { quantity }));
    }
    // Somebody who forgot that it was sent sends it again.
    return this.#ask(one);
  }

  /** Asks again whatever has no answer yet; answers how many still have none. */
  async askAgain(): Promise<number> {
    for (const intent of this.asked) if (intent.answer === "open") await this.#ask(intent);
    return this.asked.filter(({ answer }) => answer === "open").length;
  }

  async #place(): Promise<void> {
    const { algoId, random, instruments, price } = this.#parts;
    const instrument = instruments[random.between(0, instruments.length - 1)] ?? "";
    const last = price(instrument);
    if (last === null) return;
    this.#count += 1;
    const side = random.chance(0.5) ? "buy" : "sell";
    const offset = 1 + (random.next() - 0.5) * 0.004;
    const shape = random.chance(0.3)
      ? { type: "market", timeInForce: random.pick(["day", "ioc"]) }
      : {
          type: "limit",
          timeInForce: random.pick(["day", "gtc", "ioc"]),
          limitPrice: Number((last * offset).toPrecision(8)),
          round: true,
        };
    const clientOrderId = `${algoId}-${this.#count}`;
    const quantity = random.between(1, 20);
    const body = { clientOrderId, instrument, side, quantity, ...shape };
    const intent: Asked = { clientOrderId, body, answer: "open", code: null };
    this.asked.push(intent);
    await this.#ask(intent);
  }

  async #ask(intent: Asked): Promise<void> {
    const answer = await this.#call("POST", "/v1/orders", intent.body);
    if (answer === null || isOpen(answer.status)) return;
    const isAccepted = answer.status === 200 || answer.status === 201;
    // Once accepted it stays accepted: a later refusal of the same id would be the platform's mistake.
    if (intent.answer === "accepted" && !isAccepted)
      intent.code = `${answer.status} after it was accepted`;
    else intent.answer = isAccepted ? "accepted" : "denied";
    if (!isAccepted && intent.answer === "denied") intent.code = answer.code;
  }

  /** Null when no answer came. */
  async #call(
    method: string,
    path: string,
    body?: Record<string, unknown>,
  ): Promise<{ status: number; code: string | null } | null> {
    const { url, key } = this.#parts;
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1] ?? null };
    } catch {
      return null;
    }
  }
}
