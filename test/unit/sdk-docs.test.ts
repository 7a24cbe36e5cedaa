import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/paths.ts";

const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), "utf8");

/** Every name that the SDK exports, types too. */
function exportedNames(): string[] {
  const groups = read("sdk", "index.ts").matchAll(/export (?:type )?\{([^}]*)\}/g);
  return [...groups]
    .flatMap((group) => (group[1] ?? "").split(","))
    .map((name) => name.replace(/\btype\b/, "").trim())
    .filter((name) => name !== "");
}

/** Members of an interface of the context, by their names alone. */
function membersOf(name: string): string[] {
  const text = read("sdk", "src", "context.ts");
  const start = text.indexOf(`export interface ${name}`);
  const body = text.slice(start, text.indexOf("\n}", start));
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map((match) => match[1] ?? "");
}

test("the reference names all that the SDK offers", () => {
  const page = read("docs", "sdk.md");
  const names = [...exportedNames(), ...membersOf("AlgoContext"), ...membersOf("AlgoHandlers")];
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test("the figures of the reference are those of the code", () => {
  const page = read("docs", "sdk.md");
  const limits = read("sdk", "src", "limits.ts");
  const figure = (name: string): number => {
    const text = new RegExp(`${name} = ([\\d_]+)`).exec(limits)?.[1] ?? "";
    return Number(text.replaceAll("_", ""));
  };
  const said = [
    figure("QUEUED_TICKS_MAX").toLocaleString("en"),
    `within ${figure("STOP_TIMEOUT_MS") / 1_000} s`,
    `for ${figure("LOOK_UP_DEADLINE_MS") / 1_000} s`,
    `every ${figure("ORDER_CHECK_INTERVAL_MS") / 1_000} s`,
    `${figure("RECONNECT_BASE_DELAY_MS")} ms to ${figure("RECONNECT_MAX_DELAY_MS") / 1_000} s`,
    `silent for ${figure("SILENCE_MAX_MS") / 1_000} s`,
    `At most ${figure("SENT_PER_SECOND_MAX")} frames a second`,
    `says; ${figure("WAIT_FOR_TIMEOUT_MS") / 1_000} s`,
  ];
  expect(said.filter((text) => !page.includes(text))).toEqual([]);
});
