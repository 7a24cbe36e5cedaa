/** Places algo sockets on markets, and says which broker gives an instrument's data. Never on the tick path. */
import { DurableObject } from "cloudflare:workers";
import type { MarketManagerPort } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { INSTRUMENT_CACHE_MS, MARKET_SOCKETS_MAX } from "../src/domain/limits.ts";
import { FEED_BROKERS } from "../src/platform/deployment.ts";
import { brokerManager, market } from "../src/platform/objects.ts";

type MarketView = Awaited<ReturnType<MarketManagerPort["markets"]>>[number];

export class MarketManager extends DurableObject<Env> implements MarketManagerPort {
  /** Markets opened so far: `m1` to `m<count>`. */
  #count: number;
  #providers: { readAt: number; of: Map<InstrumentId, string> } | null = null;
  #reading: Promise<Map<InstrumentId, string>> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#count = ctx.storage.kv.get<number>("markets") ?? 1;
  }

  /** The first market with room; a new one when there is none. */
  async place(): Promise<{ market: string }> {
    for (let number = 1; number <= this.#count; number += 1) {
      const { sockets } = await market(this.env, `m${number}`).view();
      if (sockets < MARKET_SOCKETS_MAX) return { market: `m${number}` };
    }
    this.#count += 1;
    this.ctx.storage.kv.put("markets", this.#count);
    return { market: `m${this.#count}` };
  }

  /** Instruments that no broker knows are left out. */
  async providerOf(instruments: InstrumentId[]): Promise<Record<InstrumentId, string>> {
    const providers = await this.#providersNow();
    return Object.fromEntries(
      instruments.flatMap((instrument) => {
        const provider = providers.get(instrument);
        return provider === undefined ? [] : [[instrument, provider]];
      }),
    );
  }

  async markets(): Promise<MarketView[]> {
    const names = Array.from({ length: this.#count }, (_, index) => `m${index + 1}`);
    return Promise.all(names.map((name) => market(this.env, name).view()));
  }

  async #providersNow(): Promise<Map<InstrumentId, string>> {
    const known = this.#providers;
    if (known && Date.now() - known.readAt < INSTRUMENT_CACHE_MS) return known.of;
    this.#reading ??= this.#readProviders().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** The first broker of the deployment's list that knows an instrument gives its data. */
  async #readProviders(): Promise<Map<InstrumentId, string>> {
    const of = new Map<InstrumentId, string>();
    for (const broker of FEED_BROKERS.toReversed())
      for (const { id } of await brokerManager(this.env, broker).instruments()) of.set(id, broker);
    if (of.size > 0) this.#providers = { readAt: Date.now(), of };
    return of;
  }
}
