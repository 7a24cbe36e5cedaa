/** Which provider's price an order is judged by, kept for a moment so that not every order has to ask. It never guesses. */
import type { InstrumentId } from "../domain/instrument.ts";
import { ORDER_PROVIDER_CACHE_MS, ORDER_PROVIDERS_CACHED_MAX } from "../domain/provider-limits.ts";
import type { ProvidersPort } from "./provider-ports.ts";

export class DataProviders {
  readonly #known = new Map<InstrumentId, { at: number; provider: Promise<string | null> }>();

  /**
   * The provider, or null for an instrument that nobody gives. Throws when nobody can say: an older
   * answer is no answer, for the feed may have been led elsewhere since.
   */
  of(
    instrument: InstrumentId,
    ask: Pick<ProvidersPort, "providerOf">,
    now: number,
  ): Promise<string | null> {
    const known = this.#known.get(instrument);
    if (known && now - known.at < ORDER_PROVIDER_CACHE_MS) return known.provider;
    if (this.#known.size >= ORDER_PROVIDERS_CACHED_MAX) this.#known.clear();
    const provider = ask
      .providerOf([instrument])
      .then(({ [instrument]: found = null }: Record<InstrumentId, string | null>) => found);
    const entry = { at: now, provider };
    this.#known.set(instrument, entry);
    // Only an answer is kept: the next order asks again.
    provider.catch(() => {
      if (this.#known.get(instrument) === entry) this.#known.delete(instrument);
    });
    return provider;
  }
}
