/** Compiles the SDK to `dist/`. It starts from an empty folder, so that nothing old is ever published. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [surplus] = process.argv.slice(2);
if (surplus !== undefined) {
  process.stderr.write(`"${surplus}" is not an option: the SDK's build takes none.\n`);
  process.exit(2);
}

const folder = dirname(fileURLToPath(import.meta.url));
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
rmSync(join(folder, "dist"), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [join(typescript, "bin/tsc"), "-p", join(folder, "tsconfig.build.json")],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
