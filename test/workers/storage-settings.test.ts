/** What people set, on a real D1: keys and the watchlist, each with its audit row. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { addApiKey, apiKey, apiKeysPage, revokeApiKey } from "../../src/storage/api-keys.ts";
import { auditPage } from "../../src/storage/audit.ts";
import { database } from "../../src/storage/database.ts";
import { readWatchlist, replaceWatchlist } from "../../src/storage/watchlist.ts";
import { value } from "../support/workers/value.ts";

const book = database(env.DB);

describe("keys", () => {
  const KEY = {
    id: "k1",
    name: "momentum",
    secretSha256: "00",
    scopes: ["read", "trade"] as ("read" | "trade")[],
    algoId: "momentum",
    createdBy: "dev",
    createdAt: 1,
    revokedAt: null,
  };

  test("are added, listed without their hash, and revoked once, each with its audit row", async () => {
    await addApiKey(book, KEY);
    expect(await apiKey(book, "k1")).toEqual(KEY);
    expect(await apiKey(book, "k2")).toBeNull();
    expect(await revokeApiKey(book, "k1", "dev", 5)).toMatchObject({ revokedAt: 5 });
    expect(await revokeApiKey(book, "k1", "dev", 9)).toMatchObject({ revokedAt: 5 });
    expect(await revokeApiKey(book, "k2", "dev", 9)).toBeNull();
    const keys = await value(apiKeysPage(book, { limit: 10 }));
    expect(JSON.stringify(keys)).not.toContain("secretSha256");
    const audit = await value(auditPage(book, { limit: 10 }));
    expect(audit.items.map((row) => row.action)).toEqual(["key_revoke", "key_create"]);
    expect(JSON.stringify(audit)).not.toContain("secretSha256");
  });
});

describe("the watchlist", () => {
  test("is replaced whole, keeps its order, and tells the audit log what it replaced", async () => {
    expect(await readWatchlist(book)).toEqual({ items: [], changedBy: "", changedAt: 0 });
    const items = Array.from({ length: 100 }, (_, n) => ({ instrument: `NSE:S${n}`, weight: n }));
    await replaceWatchlist(book, items.toReversed(), "ann", 7);
    expect(await readWatchlist(book)).toEqual({
      items: items.toReversed(),
      changedBy: "ann",
      changedAt: 7,
    });
    await replaceWatchlist(book, [], "bob", 8);
    expect(await readWatchlist(book)).toEqual({ items: [], changedBy: "bob", changedAt: 8 });
    const [last] = (await value(auditPage(book, { limit: 1 }))).items;
    expect(last).toMatchObject({ by: "bob", before: items.toReversed(), after: [] });
  });
});
