/** A broker that does not answer: many unknown orders are one question to it, and people hear meanwhile. */
import { expect, test } from "vitest";
import { raise } from "../../../../src/application/gateway/reconcile-notes.ts";
import {
  approvedWith,
  brokerOrderWith,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const settled = async () => {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
};

const UNKNOWN = 40;

async function manyUnknown(script: Script) {
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  const run = scripted(script);
  await run.gateway.watch();
  for (let each = 0; each < UNKNOWN; each += 1)
    await run.gateway.submit(approvedWith({ clientOrderId: `u-${each}` }), 1);
  return run;
}

test("all unknown orders are looked for by one question", async () => {
  const script: Script = {};
  const run = await manyUnknown(script);
  let asked = 0;
  script.openOrdersWhen = async () => void (asked += 1);
  script.orders = Array.from({ length: UNKNOWN }, (_, each) =>
    brokerOrderWith({ clientOrderId: `u-${each}`, brokerOrderId: `B-${each}` }),
  );
  run.advance(1_000);
  await run.gateway.watch();
  expect(run.kinds().filter((kind) => kind === "accepted")).toHaveLength(UNKNOWN);
  expect(asked).toBe(1);
});

test("a question that fails is no look for any of them", async () => {
  const script: Script = {};
  const run = await manyUnknown(script);
  script.isUnreachable = true;
  run.advance(1_000);
  await run.gateway.watch();
  expect(run.store.order("u-7")).toMatchObject({ record: "unknown", looks: 1, ended: null });
});

test("people hear of what is critical while the broker keeps them waiting", async () => {
  const script: Script = {};
  const run = await manyUnknown(script);
  const answer = Promise.withResolvers<void>();
  script.openOrdersWhen = () => answer.promise;
  run.advance(1_000);
  const ports = { account: "simulated", store: run.store, now: () => START };
  raise(ports, { id: "bare", severity: "critical", title: "No exits", message: "bare" });
  const turn = run.gateway.watch();
  await settled();
  expect(run.incidents).toMatchObject([{ id: "bare" }]);
  answer.resolve();
  await turn;
  expect(run.incidents).toHaveLength(1);
});
