/** Tells the ledger's events to the markets that follow it: in version order, after the commit, never on its path. */
import type { LedgerNotice } from "../src/application/ports.ts";
import type { RiskChannelView } from "../src/contract/risk-channel.ts";
import { NOTICES_WAITING_MAX, RISK_NOTICE_INTERVAL_MS } from "../src/domain/limits.ts";

/** Who follows, and the figures as they are when they leave. */
type MakeRisk = () => [markets: string[], risk: RiskChannelView];

type Publish = (market: string, notices: LedgerNotice[]) => Promise<void>;

/**
 * What waits is in memory only: after a crash the next notice's version shows the hole, and a reader
 * reads the list again. One call per market is in flight; what comes meanwhile is joined.
 */
export class Notices {
  readonly #publish: Publish;
  readonly #waiting = new Map<string, LedgerNotice[]>();
  #riskPending = false;
  #riskSentAt = 0;
  readonly #busy = new Set<string>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  add(markets: Iterable<string>, notices: readonly LedgerNotice[]): void {
    for (const market of markets) {
      const waiting = this.#waiting.get(market) ?? [];
      waiting.push(...notices);
      this.#waiting.set(market, waiting.slice(-NOTICES_WAITING_MAX));
    }
  }

  /**
   * Risk figures, the latest ones, at most one notice each interval. Null when one is already on its
   * way; otherwise the caller keeps the object alive for what is answered.
   */
  risk(make: MakeRisk): Promise<void> | null {
    if (this.#riskPending) return null;
    this.#riskPending = true;
    return this.#sendRisk(make);
  }

  async #sendRisk(make: MakeRisk): Promise<void> {
    const wait = this.#riskSentAt + RISK_NOTICE_INTERVAL_MS - Date.now();
    if (wait > 0) await scheduler.wait(wait);
    this.#riskPending = false;
    this.#riskSentAt = Date.now();
    const [markets, risk] = make();
    if (markets.length === 0) return;
    this.add(markets, [{ version: risk.version, order: null, risk }]);
    await this.send();
  }

  get waiting(): boolean {
    return [...this.#waiting.values()].some((notices) => notices.length > 0);
  }

  drop(market: string): void {
    this.#waiting.delete(market);
  }

  /** Sends until nothing waits. A market that fails keeps its notices for the next call. */
  async send(): Promise<void> {
    await Promise.all([...this.#waiting.keys()].map((market) => this.#sendTo(market)));
  }

  async #sendTo(market: string): Promise<void> {
    if (this.#busy.has(market)) return;
    this.#busy.add(market);
    try {
      for (;;) {
        const notices = this.#waiting.get(market) ?? [];
        if (notices.length === 0) return;
        this.#waiting.set(market, []);
        if (!(await this.#sent(market, notices))) return;
      }
    } finally {
      this.#busy.delete(market);
    }
  }

  async #sent(market: string, notices: LedgerNotice[]): Promise<boolean> {
    try {
      await this.#publish(market, notices);
      return true;
    } catch {
      const later = this.#waiting.get(market);
      if (later) this.#waiting.set(market, [...notices, ...later].slice(-NOTICES_WAITING_MAX));
      return false;
    }
  }
}
