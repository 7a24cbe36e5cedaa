import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Running, start } from "../../../scripts/lib/processes.ts";
import { until } from "../../support/until.ts";

const directory = mkdtempSync(join(tmpdir(), "trunkline-processes-"));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a piece of JavaScript as a child; each line it prints lands in `lines`. */
function child(code: string, lines: string[] = []): Running {
  return start({
    name: "child",
    command: process.execPath,
    args: ["-e", code],
    logFile: join(directory, "child.log"),
    onLine: (line) => lines.push(line),
    stopGraceMs: 500,
  });
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process: it has ended.
    return false;
  }
};

test("a child that ends by itself is reported with its code, its lines and its log", async () => {
  const lines: string[] = [];
  const running = child('console.log("one"); console.log("two"); process.exitCode = 3;', lines);
  expect(await running.ended).toBe(3);
  await until("both lines", () => lines.length === 2);
  expect(lines).toEqual(["one", "two"]);
  expect(running.tail()).toContain("two");
  await until("the log", () => readFileSync(running.logFile, "utf8").includes("two"));
  await running.stop();
});

test("stopping ends the child and what the child started", async () => {
  const lines: string[] = [];
  const running = child(
    'const c = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);' +
      "console.log(c.pid); setInterval(() => {}, 1000);",
    lines,
  );
  const grandchild = Number(await until("the grandchild's id", () => lines[0]));
  expect(alive(grandchild)).toBe(true);
  await Promise.all([running.stop(), running.stop()]);
  expect(running.exitCode()).not.toBeNull();
  await until("the grandchild to be gone", () => !alive(grandchild));
  expect(alive(running.pid)).toBe(false);
});

test("a child that ignores the request is killed after its grace", async () => {
  const lines: string[] = [];
  const running = child(
    'process.on("SIGTERM", () => console.log("no")); console.log("ready"); setInterval(() => {}, 1000);',
    lines,
  );
  await until("the handler", () => lines.includes("ready"));
  await running.stop();
  expect(lines).toContain("no");
  expect(alive(running.pid)).toBe(false);
});
