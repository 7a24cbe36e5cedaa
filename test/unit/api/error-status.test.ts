import { expect, test } from "vitest";
import { ERROR_STATUS } from "../../../src/api/error-status.ts";
import { ERROR_CODES } from "../../../src/contract/errors.ts";
import { REFUSAL_CODES } from "../../../src/domain/risk/refusal.ts";

test("every code has a status, and no status has a code that does not exist", () => {
  expect(Object.keys(ERROR_STATUS).sort()).toEqual([...ERROR_CODES].sort());
});

test("a refusal by the ledger is 422, but for an id that was used with another body", () => {
  for (const code of REFUSAL_CODES)
    expect(ERROR_STATUS[code]).toBe(code === "DUPLICATE_INTENT" ? 409 : 422);
});
