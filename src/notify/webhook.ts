/** A signed JSON request to any address: HMAC-SHA256 over the time and the body, so that neither can be forged or replayed late. */
import { post, type AlertMessage, type Channel, type Fetch } from "./channel.ts";

/** `t=<seconds since 1970>,v1=<hex>`; the signature is over `<t>.<body>`. */
const SIGNATURE_HEADER = "trunkline-signature";

export const formatWebhook = (message: AlertMessage): string =>
  JSON.stringify({ type: "dead_letter", ...message });

export async function signature(secret: string, seconds: number, body: string): Promise<string> {
  const text = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", text.encode(secret), algorithm, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", key, text.encode(`${seconds}.${body}`));
  const hex = [...new Uint8Array(signed)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `t=${seconds},v1=${hex.join("")}`;
}

export const webhook = (
  fetch: Fetch,
  { url, secret }: { url: string; secret: string },
): Channel => ({
  name: "webhook",
  requestsMax: 1,
  async send(message, now) {
    const body = formatWebhook(message);
    return post(fetch, url, {
      headers: {
        "content-type": "application/json",
        [SIGNATURE_HEADER]: await signature(secret, Math.floor(now / 1_000), body),
      },
      body,
    });
  },
});
