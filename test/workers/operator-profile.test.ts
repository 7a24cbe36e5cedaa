import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { operatorProfile } from "../../src/platform/objects.ts";

const SETTINGS = {
  displayName: "Ānanda 🙂",
  theme: "dark" as const,
  shortcuts: Array.from({ length: 12 }, (_, n) => ({
    label: `ऑर्डर ${n}`.padEnd(40, "✓"),
    path: `/${"a".repeat(100)}`,
  })),
};

test("a new person starts with the defaults", async () => {
  expect(await operatorProfile(env, "new@example.com").read()).toEqual({
    displayName: "",
    theme: "auto",
    shortcuts: [],
  });
});

test("what a person sets survives the object's eviction, in any script, at full size", async () => {
  const profile = operatorProfile(env, "ann@example.com");
  expect(await profile.write(SETTINGS)).toEqual(SETTINGS);
  await evictDurableObject(env.OPERATOR_PROFILE.getByName("ann@example.com"));
  expect(await profile.read()).toEqual(SETTINGS);
});

test("setting it again replaces it whole", async () => {
  const profile = operatorProfile(env, "cat@example.com");
  await profile.write(SETTINGS);
  const plain = { displayName: "Cat", theme: "light" as const, shortcuts: [] };
  await profile.write(plain);
  await evictDurableObject(env.OPERATOR_PROFILE.getByName("cat@example.com"));
  expect(await profile.read()).toEqual(plain);
});

test("two people never see each other's profile", async () => {
  await operatorProfile(env, "dan@example.com").write(SETTINGS);
  expect((await operatorProfile(env, "eve@example.com").read()).displayName).toBe("");
});

test("a profile that breaks the contract is refused and changes nothing", async () => {
  const profile = operatorProfile(env, "fay@example.com");
  const wrong = { ...SETTINGS, shortcuts: [{ label: "x", path: "https://elsewhere" }] };
  await expect(profile.write(wrong)).rejects.toThrow(/the profile answered/);
  expect((await profile.read()).shortcuts).toEqual([]);
});
