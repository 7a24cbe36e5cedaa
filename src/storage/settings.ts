/** Small deployment-wide values by name, each with who changed it last. */
import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { excluded } from "./database.ts";
import { settings } from "./schema.ts";

export type SettingRow = typeof settings.$inferSelect;

export async function setting(book: Database, name: string): Promise<SettingRow | null> {
  const [row] = await book.select().from(settings).where(eq(settings.name, name));
  return row ?? null;
}

/** The statement that sets a value; the caller batches it with its audit row. */
export function settingStatement(book: Database, row: SettingRow) {
  return book
    .insert(settings)
    .values(row)
    .onConflictDoUpdate({ target: settings.name, set: excluded(settings, ["name"]) });
}
