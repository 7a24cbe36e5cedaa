import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openVault, vault } from "../../src/platform/vault.ts";

const keyOf = (byte: number) => openVault(new Uint8Array(32).fill(byte));

test("what is sealed opens again under the same key and name, whatever it is", async () => {
  const kept = keyOf(1);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1 }), async (secret) => {
      const sealed = await kept.seal("paper:credential", secret);
      expect(await kept.open("paper:credential", sealed)).toBe(secret);
    }),
    { numRuns: 50 },
  );
});

test("it opens under no other key and no other name, and not once it was touched", async () => {
  const sealed = await keyOf(1).seal("paper:credential", "secret");
  expect(await keyOf(2).open("paper:credential", sealed)).toBeNull();
  expect(await keyOf(1).open("kite:credential", sealed)).toBeNull();
  const [nonce = "", body = ""] = sealed.split(".");
  const flipped = `${body.startsWith("A") ? "B" : "A"}${body.slice(1)}`;
  expect(await keyOf(1).open("paper:credential", `${nonce}.${flipped}`)).toBeNull();
  for (const broken of ["", ".", "not base64!", nonce])
    expect(await keyOf(1).open("paper:credential", broken)).toBeNull();
});

test("the same secret is never sealed to the same text twice", async () => {
  const texts = await Promise.all([1, 2, 3].map(() => keyOf(1).seal("a", "secret")));
  expect(new Set(texts).size).toBe(3);
});

test("production without a key of its own keeps no secret, and opens none", async () => {
  const bare = vault({ ...env, ENVIRONMENT: "production" });
  expect(bare.canKeep).toBe(false);
  await expect(bare.seal("a", "secret")).rejects.toThrow("CREDENTIALS_KEY");
  const sealed = await vault(env).seal("a", "secret");
  expect(await bare.open("a", sealed)).toBeNull();
});
