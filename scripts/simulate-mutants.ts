/** `npm run simulate:mutants [-- part of a name]`: breaks a copy of the source on purpose, one mistake at a time; the simulation has to see each. The working tree is never touched. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";
import { ROOT } from "./lib/paths.ts";
import { broken, filesOf } from "./simulate/mutate.ts";
import type { Mutant } from "./simulate/mutant.ts";
import { MUTANTS } from "./simulate/mutants.ts";

const SEEDS = 500;

/** What a run of the simulation reads. */
const COPIED = ["src", "scripts", "test/support", "package.json"];

interface Verdict {
  name: string;
  caught: boolean;
  why: string;
}

/** Caught only by a violation: a copy that cannot run says nothing. */
function tryMutant(copy: string, mutant: Mutant): Verdict {
  const restore = filesOf(mutant).map((each) => {
    const path = join(copy, each.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, broken(mutant.name, each, text));
    return () => writeFileSync(path, text);
  });
  const args = ["scripts/simulate.ts", "--seeds", String(SEEDS), "--first"];
  args.push("--from", String(mutant.from ?? 1));
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: "utf8",
  });
  for (const back of restore) back();
  const why = /^Seed .*$/m.exec(stdout)?.[0];
  if (status === 1 && why) return { name: mutant.name, caught: true, why };
  if (status !== 0) throw new Failure(`The mutant "${mutant.name}" does not run:\n${stderr}`);
  return { name: mutant.name, caught: false, why: `survives ${SEEDS} seeds` };
}

await main(async () => {
  const named = process.argv.slice(2);
  const meant = MUTANTS.filter(
    ({ name }) => named.length === 0 || named.some((part) => name.includes(part)),
  );
  if (meant.length === 0)
    throw new Failure(
      `No mutant has "${named.join('" or "')}" in its name. Give a part of one, or none for all:\n  ${MUTANTS.map(({ name }) => name).join("\n  ")}`,
      EXIT_USAGE,
    );
  const copy = mkdtempSync(join(tmpdir(), "trunkline-mutants-"));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    for (const mutant of MUTANTS)
      for (const each of filesOf(mutant))
        broken(mutant.name, each, readFileSync(join(copy, each.file), "utf8"));
    const width = Math.max(...MUTANTS.map(({ name }) => name.length));
    let survivors = 0;
    for (const mutant of meant) {
      const { name, caught, why } = tryMutant(copy, mutant);
      if (!caught) survivors += 1;
      console.log(
        `${caught ? "caught  " : "SURVIVED"}  ${name.padEnd(width)}  ${why.slice(0, 100)}`,
      );
    }
    console.log(`${meant.length - survivors} of ${meant.length} mutants caught`);
    return survivors === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
