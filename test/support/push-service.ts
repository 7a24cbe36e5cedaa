/** A browser's side of web push: its keys, and what it can open with them (RFC 8291, RFC 8188). */
import {
  createDecipheriv,
  createECDH,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from "node:crypto";

export interface Browser {
  keys: { p256dh: string; auth: string };
  /** The message; throws when it was not sealed for this browser. */
  open(body: Uint8Array): string;
}

export function newBrowser(): Browser {
  const own = createECDH("prime256v1");
  const point = own.generateKeys();
  const auth = randomBytes(16);
  return {
    keys: { p256dh: point.toString("base64url"), auth: auth.toString("base64url") },
    open(body) {
      const bytes = Buffer.from(body);
      const salt = bytes.subarray(0, 16);
      const keyLength = bytes.readUInt8(20);
      const sender = bytes.subarray(21, 21 + keyLength);
      const sealed = bytes.subarray(21 + keyLength);
      const shared = own.computeSecret(sender);
      const info = Buffer.concat([Buffer.from("WebPush: info\0"), point, sender]);
      const input = Buffer.from(hkdfSync("sha256", shared, auth, info, 32));
      const derive = (name: string, length: number): Buffer =>
        Buffer.from(
          hkdfSync("sha256", input, salt, Buffer.from(`Content-Encoding: ${name}\0`), length),
        );
      const cipher = createDecipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12));
      cipher.setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
      // What follows the last 2 is padding.
      return plain.subarray(0, plain.lastIndexOf(2)).toString();
    },
  };
}

/** A deployment's own pair, as `npm run push:keys` prints one. */
export function newPushKeys(): { publicKey: string; privateKey: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(x, "base64url"),
    Buffer.from(y, "base64url"),
  ]);
  return { publicKey: point.toString("base64url"), privateKey: d };
}
