import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("health answers without a key", async () => {
  const response = await exports.default.fetch("http://localhost/health");
  expect(response.status).toBe(200);
});
