/** Halts and their ends on their way to the gateways: owed durably with the latch, paid until each has confirmed. */
import type { HaltConfirmed } from "../src/application/ports.ts";
import type { OwedCalls } from "../src/application/ledger/ports.ts";
import { ACCOUNTS } from "../src/platform/deployment.ts";
import { orderGateway } from "../src/platform/objects.ts";
import { parseScope, type ScopeText } from "../src/domain/scope.ts";

interface OwedCall extends Record<string, SqlStorageValue> {
  account: string;
  scope: string;
  action: string;
  version: number;
  halt_version: number;
}

export class GatewayCalls implements OwedCalls {
  readonly #sql: SqlStorage;
  readonly #env: Env;
  lastLeftAt: number | null = null;

  constructor(sql: SqlStorage, env: Env) {
    this.#sql = sql;
    this.#env = env;
  }

  /** Call it in the transaction that latches. A later call for the same scope replaces an unpaid one, and names the halt. */
  owe(scope: ScopeText, action: "halt" | "resume", version: number, haltVersion: number): void {
    const parsed = parseScope(scope);
    for (const { account } of ACCOUNTS) {
      if (parsed?.kind === "account" && parsed.account !== account) continue;
      this.#sql.exec(
        "INSERT OR REPLACE INTO gateway_calls VALUES (?, ?, ?, ?, ?)",
        account,
        scope,
        action,
        version,
        haltVersion,
      );
    }
  }

  /** Every gateway is to know the epoch: one row of its own, so that no halt is replaced by it. */
  oweFence(epoch: number): void {
    for (const { account } of ACCOUNTS)
      this.#sql.exec(
        "INSERT OR REPLACE INTO gateway_calls VALUES (?, 'lease', 'fence', ?, 0)",
        account,
        epoch,
      );
  }

  unfenced(): string[] {
    return this.#sql
      .exec<{ account: string }>(
        "SELECT account FROM gateway_calls WHERE action = 'fence' ORDER BY account",
      )
      .toArray()
      .map(({ account }) => account);
  }

  get owed(): number {
    return this.#sql.exec<{ calls: number }>("SELECT COUNT(*) AS calls FROM gateway_calls").one()
      .calls;
  }

  /** Makes every owed call, all at once. True when none is left; one that fails stays for the alarm. */
  async settle(): Promise<boolean> {
    const owed = this.#sql.exec<OwedCall>("SELECT * FROM gateway_calls").toArray();
    const paid = await Promise.all(owed.map((call) => this.#pay(call)));
    return paid.every(Boolean);
  }

  #note({ lastLeftAt }: HaltConfirmed): void {
    if (lastLeftAt !== null) this.lastLeftAt = Math.max(this.lastLeftAt ?? 0, lastLeftAt);
  }

  async #pay({ account, scope, action, version, halt_version }: OwedCall): Promise<boolean> {
    const gateway = orderGateway(this.#env, account);
    try {
      if (action === "fence") await gateway.fence(version);
      else if (action === "halt") this.#note(await gateway.halt(scope, version));
      else await gateway.resume(scope, version, halt_version);
    } catch {
      // The ledger's own latch holds meanwhile, and the alarm calls again.
      return false;
    }
    this.#sql.exec(
      "DELETE FROM gateway_calls WHERE account = ? AND scope = ? AND version = ?",
      account,
      scope,
      version,
    );
    return true;
  }
}
