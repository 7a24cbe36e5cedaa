/** New terms pass the gates of a new entry, unless they only lower what is there. */
import { expect, test } from "vitest";
import { CLOCK_OFFSET_MS_MAX } from "../../../../src/domain/quality-limits.ts";
import { RECONCILE_TRIES_MAX } from "../../../../src/domain/limits.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  type Script,
} from "../../../support/orders/scripted.ts";

const RAISED = { quantity: "1000", limitPrice: "104", stopPrice: null };
const LOWERED = { quantity: "4", limitPrice: null, stopPrice: null };

async function resting(reduceOnly = false) {
  const script: Script = { orders: [brokerOrderWith()] };
  const run = scripted(script);
  await run.gateway.submit(approvedWith({ reduceOnly }), 1);
  return { script, run };
}

const refusals = (run: ReturnType<typeof scripted>): string[] =>
  run.posts.flatMap(({ event }) => (event.kind === "replace_rejected" ? [event.reason] : []));

test.each([
  ["the order stream is down", { ready: false }, /^NOT_RECONCILED/],
  ["the clocks are apart", { clockOffsetMs: CLOCK_OFFSET_MS_MAX + 1 }, /^CLOCK_SKEW/],
  ["the session has ended", { sessionEnded: "expired" }, /SESSION/],
] as const)(
  "while %s, new terms that raise are refused by name; what lowers goes",
  async (_, trouble, reason) => {
    const { script, run } = await resting();
    Object.assign(script, trouble);
    await run.gateway.modify("o-1", RAISED, approvalAt(1));
    expect(run.modified).toEqual([]);
    expect(refusals(run)).toEqual([expect.stringMatching(reason)]);
    await run.gateway.modify("o-1", LOWERED, approvalAt(1));
    expect(run.modified).toEqual([LOWERED]);
  },
);

test.each([
  ["refuses an entry's new terms by name", false, [expect.stringMatching(/^INSTRUMENT_BLOCKED/)]],
  ["lets an exit move its price", true, []],
])("a position in doubt %s", async (_, reduceOnly, refused) => {
  const { script, run } = await resting(reduceOnly);
  script.brokerPositions = () => [{ instrument: "SIM:AAA", quantity: "7", averagePrice: "100" }];
  for (let look = 0; look < RECONCILE_TRIES_MAX + 2; look += 1) {
    run.advance(60_000);
    await run.gateway.watch();
  }
  const changes = { ...LOWERED, limitPrice: "99" };
  await run.gateway.modify("o-1", changes, approvalAt(1));
  expect(run.modified).toEqual(reduceOnly ? [changes] : []);
  expect(refusals(run)).toEqual(refused);
});

test("with nothing in the way new terms that raise go", async () => {
  const { run } = await resting();
  await run.gateway.modify("o-1", RAISED, approvalAt(1));
  expect(run.modified).toEqual([RAISED]);
});
