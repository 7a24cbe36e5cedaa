import { expect, test } from "vitest";
import type { Incident } from "../../../src/application/reconcile-port.ts";
import { err, ok } from "../../../src/domain/result.ts";
import { textOf, titleOf, type AlertMessage, type Channel } from "../../../src/notify/channel.ts";
import { incidentMessage, tellIncidents } from "../../../src/notify/tell-incidents.ts";

const INCIDENT: Incident = {
  id: "frozen-1",
  at: 5,
  account: "paper",
  title: "NSE:INFY is frozen",
  message: "positions do not agree",
};

const channel = (sent: AlertMessage[], answer: "ok" | "refused" | "throws"): Channel => ({
  name: "slack",
  send: async (message) => {
    sent.push(message);
    if (answer === "throws") throw new Error("broken");
    return answer === "ok" ? ok(null) : err({ mayRetry: true, reason: "refused" });
  },
});

async function pass(answers: ("ok" | "refused" | "throws")[]) {
  const sent: AlertMessage[] = [];
  const recorded: [string, boolean][] = [];
  await tellIncidents({
    book: {
      untold: async () => [INCIDENT],
      record: async (id, told) => void recorded.push([id, told]),
    },
    channels: answers.map((answer) => channel(sent, answer)),
    link: "https://desk",
    now: () => 7,
    log: () => {},
  });
  return { sent, recorded };
}

test.each([
  [["ok"], true],
  [["refused", "ok"], true],
  [["throws", "ok"], true],
  [["refused", "throws"], false],
] as const)("with channels that answer %j it counts as told: %s", async (answers, told) => {
  const { sent, recorded } = await pass([...answers]);
  expect(sent).toHaveLength(answers.length);
  expect(recorded).toEqual([["frozen-1", told]]);
});

test("without a channel nothing is tried, so that nothing is given up", async () => {
  expect(await pass([])).toEqual({ sent: [], recorded: [] });
});

test("a message says what happened, and is no order's", () => {
  const message = incidentMessage(INCIDENT, "https://desk");
  expect(titleOf(message)).toBe("NSE:INFY is frozen");
  expect(textOf(message)).toBe(
    "NSE:INFY is frozen\npositions do not agree\nhttps://desk/system/reconciliation",
  );
});
