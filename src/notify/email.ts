/** Email through an HTTP mail API, in the shape of Resend's `POST /emails` (https://resend.com/docs/api-reference/emails/send-email). */
import { post, textOf, titleOf, type AlertMessage, type Channel, type Fetch } from "./channel.ts";

export interface EmailSettings {
  url: string;
  key: string;
  from: string;
  to: string[];
}

export const formatEmail = (
  message: AlertMessage,
  { from, to }: Pick<EmailSettings, "from" | "to">,
): string => JSON.stringify({ from, to, subject: titleOf(message), text: textOf(message) });

export const email = (fetch: Fetch, settings: EmailSettings): Channel => ({
  name: "email",
  requestsMax: 1,
  send: (message) =>
    post(fetch, settings.url, {
      headers: {
        authorization: `Bearer ${settings.key}`,
        "content-type": "application/json",
        // The mail API drops a double of the same try, so that a lost answer mails nobody twice.
        "idempotency-key": message.sendId,
      },
      body: formatEmail(message, settings),
    }),
});
