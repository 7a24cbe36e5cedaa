/** A phone call that reads the title twice (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource). */
import { titleOf, type AlertMessage, type Channel, type Fetch } from "./channel.ts";
import { postForm, type TwilioSettings } from "./twilio.ts";

const XML: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (mark) => XML[mark] ?? "");

export function formatCall(
  message: AlertMessage,
  { from, to }: Pick<TwilioSettings, "from" | "to">,
): string {
  const words = escaped(`Trunkline. ${titleOf(message)}. Acknowledge it on the desk.`);
  const twiml = `<Response><Say loop="2">${words}</Say></Response>`;
  return new URLSearchParams({ From: from, To: to, Twiml: twiml }).toString();
}

export const voice = (fetch: Fetch, settings: TwilioSettings): Channel => ({
  name: "voice",
  requestsMax: 1,
  send: (message) => postForm(fetch, "Calls", settings, formatCall(message, settings)),
});
