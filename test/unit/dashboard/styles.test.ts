/** The dashboard takes Mantine's styles component by component: one that is left out shows bare. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = "dashboard/src";
const STYLES = "node_modules/@mantine/core/styles";
const IMPORT = /import \{([^}]*)\} from "@mantine\/core"/g;

function usedComponents(): Set<string> {
  const used = new Set<string>();
  for (const file of globSync("**/*.{ts,tsx}", { cwd: SOURCE })) {
    for (const [, names = ""] of readFileSync(join(SOURCE, file), "utf8").matchAll(IMPORT))
      for (const name of names.split(",")) used.add(name.trim());
  }
  return used;
}

test("every component that is used and has styles of its own brings them", () => {
  const styled = [...usedComponents()].filter((name) => existsSync(join(STYLES, `${name}.css`)));
  const sheet = readFileSync(join(SOURCE, "styles/mantine.ts"), "utf8");
  const missing = styled.filter((name) => !sheet.includes(`/styles/${name}.css"`));
  expect(styled).toContain("Switch");
  expect(missing).toEqual([]);
});
