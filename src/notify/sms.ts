/** A text message (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource). */
import { textOf, type AlertMessage, type Channel, type Fetch } from "./channel.ts";
import { postForm, type TwilioSettings } from "./twilio.ts";

/** The API refuses a longer body. */
const TEXT_LENGTH_MAX = 1_600;

export const formatSms = (
  message: AlertMessage,
  { from, to }: Pick<TwilioSettings, "from" | "to">,
): string => {
  const body = textOf(message).slice(0, TEXT_LENGTH_MAX);
  return new URLSearchParams({ From: from, To: to, Body: body }).toString();
};

export const sms = (fetch: Fetch, settings: TwilioSettings): Channel => ({
  name: "sms",
  requestsMax: 1,
  send: (message) => postForm(fetch, "Messages", settings, formatSms(message, settings)),
});
