/**
 * Runs `scripts/<name>.ts` on the pinned Node, after installing what package-lock.json names.
 * Plain JavaScript without dependencies, because it is the one file that runs on whatever Node a
 * machine has (20 or newer) and before anything is installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_MIN = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinnedNode = join(root, "node_modules", "node", "bin", "node");
const stampFile = join(root, "node_modules", ".trunkline-lock");

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

const readJson = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));

/** Whether npm itself says that it installed what the lock names, when somebody ran `npm install`. */
function matchesNpmsOwnRecord() {
  if (!existsSync(join(root, "node_modules", ".package-lock.json"))) return false;
  const present = readJson("node_modules/.package-lock.json").packages;
  return Object.entries(readJson("package-lock.json").packages).every(([path, entry]) => {
    if (!path.includes("node_modules/") || entry.link) return true;
    const found = present[path];
    return found ? found.version === entry.version : entry.optional === true;
  });
}

function installed() {
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8").trim() === lockHash()) return true;
  if (!matchesNpmsOwnRecord()) return false;
  writeFileSync(stampFile, `${lockHash()}\n`);
  return true;
}

/** `npm ci`, with its output shown only when it fails: a newcomer needs the error, not the noise. */
function install() {
  const began = Date.now();
  process.stdout.write("dependencies … installing (a minute or two the first time)\n");
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: "utf8" })
    : spawnSync("npm", args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
    fail(`${output}\nInstalling the dependencies failed (npm ci). The reason stands above.`);
  }
  writeFileSync(stampFile, `${lockHash()}\n`);
  process.stdout.write(`dependencies … ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

/** Hands over to the pinned Node and ends as it ends. */
function runOnPinnedNode(script, args) {
  const child = spawn(pinnedNode, [script, ...args], { cwd: root, stdio: "inherit" });
  // Ctrl-C in a terminal reaches the child as well; being asked twice to end is fine.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(`The pinned Node did not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 1));
  });
}

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
  fail(`Trunkline needs Node ${NODE_MAJOR_MIN} or newer to start; this is ${process.version}.`);
}
const [name, ...args] = process.argv.slice(2);
const script = join(root, "scripts", `${name}.ts`);
if (!name || !existsSync(script)) fail(`There is no scripts/${name ?? "<name>"}.ts to run.`);
if (!installed()) install();
if (!existsSync(pinnedNode)) {
  fail(
    "The pinned Node is missing, because npm was told not to run install scripts. " +
      "Run: npm rebuild node --ignore-scripts=false",
  );
}
const pinned = readJson("package.json").devDependencies.node;
if (process.versions.node === pinned) {
  process.argv = [process.execPath, script, ...args];
  await import(pathToFileURL(script).href);
} else {
  runOnPinnedNode(script, args);
}
