/** Each command with one wrong input: it says what is wrong and what would be right, starts nothing and shows no stack. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { joinNegatives } from "../../../scripts/lib/arguments.ts";
import { EXIT_USAGE } from "../../../scripts/lib/failure.ts";
import { ROOT } from "../../../scripts/lib/paths.ts";

test.each([
  [["start", "--port", "abc"], /--port must be a whole number from 1 to 65535, not "abc"/],
  [["start", "--speed", "-1"], /--speed must be a number above 0 .* not "-1"/],
  [["start", "--replay", "missing.json"], /missing.json: there is no such file.*README/],
  [
    ["simulate", "--seeds", "x"],
    /--seeds must be a whole number .* not "x". Use: npm run simulate/,
  ],
  [["simulate", "--seeds", "-1"], /--seeds must be a whole number .* not "-1"/],
  [["simulate", "--seed", "1"], /'--seed'.*Use: npm run simulate/s],
  [["simulate-mutants", "nonsense"], /No mutant has "nonsense" in its name/],
  [["bench", "nonsense"], /no case "nonsense". Cases: light/],
  [["cost", "--ticks", "NaN"], /--ticks must be a number from 0 to 100, not "NaN"/],
  [["compare-bars", "missing"], /'missing'.*compare-bars -- --help/],
  [["chaos", "--seconds", "0"], /--seconds must be a whole number from 5 to 3600, not "0"/],
  [["chaos", "--seconds", "-5"], /--seconds must be a whole number from 5 to 3600, not "-5"/],
  [["chaos", "--sekonds", "9"], /'--sekonds'.*chaos -- --help/s],
  [["test", "nonsense"], /Unknown stage in "nonsense". Stages: format/],
  [["build", "--x"], /"--x" is not an option: npm run build takes none/],
  [["build", "sdk"], /"sdk" is not an option: npm run build takes none/],
  [["deploy", "--x"], /"--x" is not an option: npm run deploy takes none/],
  [["push-keys", "--x"], /not "--x": npm run push:keys -- mailto:/],
])("%j is told what is wrong", { timeout: 60_000 }, ([script = "", ...args], said) => {
  const path = join(ROOT, "scripts", `${script}.ts`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    // Whoever is signed in at Cloudflare must deploy nothing here, whatever this finds.
    env: { ...process.env, CLOUDFLARE_API_TOKEN: "none" },
  });
  expect(stderr).toMatch(said);
  expect(stdout + stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(EXIT_USAGE);
});

test("a negative number belongs to the option before it, and nothing else is joined", () => {
  expect(joinNegatives(["--speed", "-1", "--port", "-.5"])).toEqual(["--speed=-1", "--port=-.5"]);
  const other = ["-1", "--fresh", "-h", "--a=1", "-2", "word", "-3", "--", "-4"];
  expect(joinNegatives(other)).toEqual(other);
});
