/** The tables of the alerts in memory, by their rules: a message is one row, held by one run, and due again when that ran out. */
import { ALERTS_PER_PAGE } from "../../src/domain/alert-limits.ts";
import type { Sent } from "../../src/notify/escalation.ts";
import type { AlertBook, OpenAlert } from "../../src/notify/tell-people.ts";

type Row = Sent & { clientOrderId: string; attempts: number; error: string | null };

export interface MemoryBook extends AlertBook {
  rows: Map<string, Row>;
  /** How often the database was asked. */
  statements: number;
}

export function memoryBook(open: OpenAlert[]): MemoryBook {
  const rows = new Map<string, Row>();
  const book: MemoryBook = {
    rows,
    statements: 0,
    async open(_channel, _lastStep, page) {
      book.statements += 1;
      return open.slice(page * ALERTS_PER_PAGE, (page + 1) * ALERTS_PER_PAGE);
    },
    async sends(channel, ids) {
      book.statements += 1;
      const asked = new Set(ids);
      return [...rows.values()].filter(
        (row) => row.channel === channel && asked.has(row.clientOrderId),
      );
    },
    async claim({ id, clientOrderId, openedAt, step, channel }, heldUntil, now) {
      book.statements += 1;
      const before = rows.get(id);
      if (before && (before.state !== "pending" || before.nextTryAt > now)) return null;
      const attempts = (before?.attempts ?? 0) + 1;
      const { error = null, devicesLeft = null } = before ?? {};
      const row = { id, clientOrderId, openedAt, step, channel, error, devicesLeft };
      rows.set(id, { ...row, state: "pending", attempts, nextTryAt: heldUntil });
      return attempts;
    },
    async record(id, outcome) {
      book.statements += 1;
      const row = rows.get(id);
      if (row) rows.set(id, { ...row, ...outcome });
    },
  };
  return book;
}
