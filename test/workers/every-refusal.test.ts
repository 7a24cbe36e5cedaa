/** Every check of the ledger, fired from the outside: by calls of the API, with its code and its facts, and with nothing else changed. */
import { describe, expect, test } from "vitest";
import type { Page } from "../../src/contract/primitives.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import { RISK_CHECKS } from "../../src/domain/risk/checks/index.ts";
import { LIMIT_NAMES } from "../../src/domain/risk/limit-names.ts";
import { errorOf } from "../support/workers/api.ts";
import { RefusalWorld } from "../support/workers/refusal-world.ts";
import { REFUSALS } from "../support/workers/refusals.ts";

const worldOf = async (name: string): Promise<RefusalWorld> => {
  const world = new RefusalWorld(name);
  await world.open();
  return world;
};

describe("lesson 47: each check and each limit fires end to end", () => {
  test("and the table leaves out none of them, in the order in which they run", () => {
    const codes = [...new Set(REFUSALS.map(({ code }) => code))];
    expect(codes).toEqual(RISK_CHECKS.map(([code]) => code));
    const limits = new Set(REFUSALS.flatMap(({ limit }) => (limit ? [limit] : [])));
    expect([...limits].sort()).toEqual([...LIMIT_NAMES].sort());
  });

  test("the order that they refuse is taken when nothing stands against it", async () => {
    const world = await worldOf("none");
    expect((await world.send()).status).toBe(201);
    expect(world.left).toEqual(["asked"]);
  });

  test.each(REFUSALS.map((row) => [`${row.code} ${row.limit ?? ""}`.trim(), row] as const))(
    "%s, with its facts, and nothing is changed but that the refusal is kept",
    async (name, row) => {
      const { code, given, order, scope, facts, isKept = true, status = 422 } = row;
      const world = await worldOf(name.replace(" ", "-"));
      await given?.(world);
      const before = await world.standing();
      const { version } = await world.status();

      const response = await world.send(order);
      expect(response.status).toBe(status);
      const error = await errorOf(response);
      expect(error.code).toBe(code);
      const [limit, asked, have] = facts;
      expect(error.details).toMatchObject({ scope, limit, asked, have });
      expect(error.message).toMatch(/^\S.+\.$/);

      expect(await world.standing()).toEqual(before);
      expect((await world.status()).version).toBe(version + (isKept ? 1 : 0));
      const denied = await world.json<Page<OrderView>>("/v1/orders?state=denied");
      expect(denied.items).toMatchObject(
        isKept ? [{ clientOrderId: "asked", refusal: { code, scope, limit, asked, have } }] : [],
      );
    },
  );
});
