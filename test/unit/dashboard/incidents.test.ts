/** What the dashboard says of an incident: who was told, and where something can be done about it. */
import { expect, test } from "vitest";
import { toldWords } from "../../../dashboard/src/format/told.ts";
import { placeOf } from "../../../dashboard/src/pages/system/incident-place.ts";
import type { AlertSendView } from "../../../src/contract/operations.ts";

const send = (channel: string, state: AlertSendView["state"], step = 1): AlertSendView => ({
  channel,
  step,
  state,
  attempts: 1,
  error: state === "failed" ? "answered 400" : null,
  updatedAt: 0,
});

test("a long escalation is told in one sentence, each channel with its end", () => {
  expect(toldWords([])).toBe("No message was sent.");
  const steps = Array.from({ length: 200 }, (_, step) => send("slack", "sent", step));
  const sends = [...steps, send("web_push", "sent"), send("voice", "failed")];
  expect(toldWords(sends)).toBe(
    "Messages: slack sent 200 times, web push sent, voice failed (answered 400).",
  );
});

test.each([
  ["trip-algo:momentum-42", "/risk"],
  ["bracket-beyond-a-1", "/orders"],
  ["frozen-paper-NSE:INFY-1", "/system/reconciliation"],
  ["feed-down-1", "/system/providers"],
  ["session:paper:2:ended:1", "/system"],
  ["order-events-5", undefined],
])("the incident %s leads to %s", (id, path) => {
  expect(placeOf(id)?.path).toBe(path);
});
