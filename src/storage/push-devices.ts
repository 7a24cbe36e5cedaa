/** The browsers that people signed up to be told by. */
import { asc, eq } from "drizzle-orm";
import type { PushDeviceView } from "../contract/alerts.ts";
import { auditStatement } from "./audit.ts";
import type { Database } from "./database.ts";
import { pushDevices } from "./schema.ts";

export type PushDeviceRow = typeof pushDevices.$inferSelect;

export const allPushDevices = (book: Database): Promise<PushDeviceRow[]> =>
  book.select().from(pushDevices).orderBy(asc(pushDevices.createdAt), asc(pushDevices.id));

/** Signing up again renews the keys and the name. */
export async function addPushDevice(book: Database, row: PushDeviceRow): Promise<void> {
  const { id, endpoint: _endpoint, createdAt: at, person: by, ...rest } = row;
  const { name } = rest;
  await book.batch([
    book
      .insert(pushDevices)
      .values(row)
      .onConflictDoUpdate({ target: pushDevices.id, set: { ...rest, person: by } }),
    auditStatement(book, {
      at,
      by,
      action: "push_device_add",
      subject: id,
      before: null,
      after: { name },
      reason: null,
    }),
  ]);
}

/** Null when there is no such device. */
export async function removePushDevice(
  book: Database,
  id: string,
  by: string,
  at: number,
): Promise<PushDeviceView | null> {
  const [row] = await book.select().from(pushDevices).where(eq(pushDevices.id, id));
  if (!row) return null;
  await book.batch([
    book.delete(pushDevices).where(eq(pushDevices.id, id)),
    auditStatement(book, {
      at,
      by,
      action: "push_device_remove",
      subject: id,
      before: { name: row.name, person: row.person },
      after: null,
      reason: null,
    }),
  ]);
  return pushDeviceView(row);
}

/** Its push service no longer knows it. */
export async function forgetPushDevice(book: Database, endpoint: string): Promise<void> {
  await book.delete(pushDevices).where(eq(pushDevices.endpoint, endpoint));
}

/** What may be shown of a device: neither its address nor its keys. */
export const pushDeviceView = ({ id, name, person, createdAt }: PushDeviceRow): PushDeviceView => ({
  id,
  name,
  person,
  createdAt,
});
