import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

test("the migrations build exactly the tables that the schema names", () => {
  // A copy: if they disagreed, drizzle-kit would write the missing migration into the folder.
  const copy = mkdtempSync(join(tmpdir(), "trunkline-migrations-"));
  try {
    cpSync("migrations", copy, { recursive: true });
    const before = files(copy);
    // A renamed column would make it ask and leave without a word, so its own words are checked too.
    const said = execFileSync(
      "node_modules/.bin/drizzle-kit",
      // drizzle-kit reads "--out" as a path below the working directory, whatever it begins with.
      ["generate", "--dialect=sqlite", "--schema=src/storage/schema.ts", `--out=${fromHere(copy)}`],
      { encoding: "utf8", stdio: "pipe" },
    );
    expect(said).toContain("No schema changes");
    expect(files(copy)).toEqual(before);
  } finally {
    rmSync(copy, { recursive: true });
  }
}, 60_000);

test("every migration that the journal names is there, and no other", () => {
  const journal: { entries: { tag: string }[] } = JSON.parse(
    readFileSync("migrations/meta/_journal.json", "utf8"),
  );
  const sql = readdirSync("migrations").filter((name) => name.endsWith(".sql"));
  expect(sql.sort()).toEqual(journal.entries.map((entry) => `${entry.tag}.sql`));
});

const fromHere = (path: string): string => relative(process.cwd(), path);

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
