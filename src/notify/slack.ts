/** Slack by an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). The address is the secret. */
import { post, textOf, type AlertMessage, type Channel, type Fetch } from "./channel.ts";

/** In Slack's text only these three are special. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const formatSlack = (message: AlertMessage): string =>
  JSON.stringify({ text: escaped(textOf(message)) });

export const slack = (fetch: Fetch, { url }: { url: string }): Channel => ({
  name: "slack",
  requestsMax: 1,
  send: (message) =>
    post(fetch, url, {
      headers: { "content-type": "application/json" },
      body: formatSlack(message),
    }),
});
