import { expect, test } from "vitest";
import { DataProviders } from "../../../src/application/data-provider.ts";
import { ORDER_PROVIDER_CACHE_MS } from "../../../src/domain/provider-limits.ts";

function setUp() {
  const asked: string[] = [];
  const manager = {
    isAway: false,
    provider: "paper",
    providerOf: async (ids: string[]): Promise<Record<string, string>> => {
      asked.push(...ids);
      if (manager.isAway) throw new Error("away");
      return Object.fromEntries(
        ids.flatMap((id) => (id === "X:NONE" ? [] : [[id, manager.provider]])),
      );
    },
  };
  return { providers: new DataProviders(), manager, asked };
}

test("orders of one moment ask once, and a later one hears of a switch", async () => {
  const { providers, manager, asked } = setUp();
  expect(await Promise.all([1, 1, 2].map((now) => providers.of("X:A", manager, now)))).toEqual([
    "paper",
    "paper",
    "paper",
  ]);
  manager.provider = "paper-backup";
  expect(await providers.of("X:A", manager, ORDER_PROVIDER_CACHE_MS)).toBe("paper");
  expect(await providers.of("X:A", manager, 1 + ORDER_PROVIDER_CACHE_MS)).toBe("paper-backup");
  expect(asked).toEqual(["X:A", "X:A"]);
});

test("without an answer nothing is guessed from an older one, and the next order asks again", async () => {
  const { providers, manager } = setUp();
  expect(await providers.of("X:A", manager, 0)).toBe("paper");
  manager.isAway = true;
  const later = ORDER_PROVIDER_CACHE_MS;
  await expect(providers.of("X:A", manager, later)).rejects.toThrow("away");
  manager.isAway = false;
  expect(await providers.of("X:A", manager, later + 1)).toBe("paper");
});

test("an instrument that no provider gives has none", async () => {
  const { providers, manager } = setUp();
  expect(await providers.of("X:NONE", manager, 0)).toBeNull();
});
