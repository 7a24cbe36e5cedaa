/** What SMS and voice share: Twilio's REST API, basic auth and form bodies (https://www.twilio.com/docs/usage/requests-to-twilio). */
import type { Result } from "../domain/result.ts";
import { post, type Fetch, type SendFailure } from "./channel.ts";

export interface TwilioSettings {
  url: string;
  accountSid: string;
  authToken: string;
  from: string;
  to: string;
}

export function postForm(
  fetch: Fetch,
  resource: "Messages" | "Calls",
  { url, accountSid, authToken }: TwilioSettings,
  body: string,
): Promise<Result<null, SendFailure>> {
  return post(fetch, `${url}/2010-04-01/Accounts/${accountSid}/${resource}.json`, {
    headers: {
      authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body,
  });
}
