/** A gateway's posts on their way to the ledger, in its SQLite: stored with what they tell of, and gone some time after the ledger has them. */
import type { OrderPost } from "../src/domain/order.ts";
import type { GatewayMemory, OutboxEnds } from "./order-gateway.memory.ts";

export class GatewayOutbox {
  readonly #sql: SqlStorage;
  readonly #memory: GatewayMemory;

  constructor(sql: SqlStorage, memory: GatewayMemory) {
    this.#sql = sql;
    this.#memory = memory;
  }

  /** What is posted goes, and what happened comes, in one write. */
  add(posts: readonly OrderPost[]): void {
    if (posts.length === 0) return;
    const ends = this.#ends();
    if (ends.posted > ends.deleted) {
      this.#sql.exec("DELETE FROM outbox WHERE seq <= ?", ends.posted);
      ends.deleted = ends.posted;
    }
    for (const post of posts) {
      const insert = "INSERT INTO outbox (event_id, body) VALUES (?, ?) RETURNING seq";
      const body = JSON.stringify(post);
      ends.last = this.#sql.exec<{ seq: number }>(insert, post.eventId, body).one().seq;
    }
  }

  /** Asked at each turn of the alarm: it reads no row. */
  get hasWaiting(): boolean {
    const { last, posted } = this.#ends();
    return last > posted;
  }

  get last(): number {
    return this.#ends().last;
  }

  /** What the ledger has not confirmed to this run, oldest first. */
  waiting(limit: number): { seq: number; post: OrderPost }[] {
    const { last, posted } = this.#ends();
    if (last <= posted) return [];
    const query = "SELECT seq, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?";
    return this.#sql
      .exec<{ seq: number; body: string }>(query, posted, limit)
      .toArray()
      .map(({ seq, body }) => ({ seq, post: JSON.parse(body) as OrderPost }));
  }

  /** The rows go with the next ones that come: a delete of its own is a write that an answer would wait for. */
  posted(seq: number): void {
    this.#ends().posted = seq;
  }

  #ends(): OutboxEnds {
    const { outbox } = this.#memory;
    if (outbox) return outbox;
    const query =
      "SELECT COALESCE(MAX(seq), 0) AS last, COALESCE(MIN(seq) - 1, 0) AS posted FROM outbox";
    const { last, posted } = this.#sql.exec<{ last: number; posted: number }>(query).one();
    return (this.#memory.outbox = { last, posted, deleted: posted });
  }
}
