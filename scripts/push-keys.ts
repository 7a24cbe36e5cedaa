/** `npm run push:keys`: makes the pair of keys that web push is signed with, as the settings that the platform takes. Nothing is stored. */
import { generateKeyPairSync } from "node:crypto";
import { EXIT_USAGE, Failure, main } from "./lib/failure.ts";

const HELP = `npm run push:keys -- <contact>

Makes a new pair of keys for web push and prints the three settings.
<contact> is whom a push service may ask about your messages, for example
mailto:desk@example.com or https://example.com. Browsers that signed up
under an older pair have to sign up again.`;

const decode = (text: string): Buffer => Buffer.from(text, "base64url");

await main(async () => {
  const [contact = "", ...rest] = process.argv.slice(2);
  if (contact === "--help" || contact === "-h") {
    console.log(HELP);
    return 0;
  }
  if (rest.length > 0 || !/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(contact))
    throw new Failure(
      `Name one contact, not "${[contact, ...rest].join(" ")}": npm run push:keys -- mailto:desk@example.com (or an https: address).`,
      EXIT_USAGE,
    );
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), decode(x), decode(y)]);
  console.log(`WEB_PUSH_SUBJECT=${contact}`);
  console.log(`WEB_PUSH_PUBLIC_KEY=${point.toString("base64url")}`);
  console.log(`WEB_PUSH_PRIVATE_KEY=${d}`);
  console.error(
    "\nGive each as a secret: npx wrangler secret put WEB_PUSH_PRIVATE_KEY, and so on.",
  );
  return 0;
});
