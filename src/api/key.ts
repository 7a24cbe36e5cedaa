/** Keys as text: `tl_<id>_<secret>`. Only the secret's SHA-256 is ever stored. */
import { base64url } from "jose";

const KEY_PATTERN = /^tl_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export interface KeyParts {
  id: string;
  secret: string;
}

/** Null for any text that is no key; the text itself goes nowhere. */
export function parseKey(text: string): KeyParts | null {
  const [, id, secret] = KEY_PATTERN.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : null;
}

export const keyText = ({ id, secret }: KeyParts): string => `tl_${id}_${secret}`;

/** `random` fills the array it is given with random bytes: `crypto.getRandomValues`. */
export function newKey(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): KeyParts {
  return {
    id: hex(random(new Uint8Array(8))),
    secret: base64url.encode(random(new Uint8Array(32))),
  };
}

/** Every request's key is hashed: writing each byte anew was seen in the profile of an order. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** SHA-256 in hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(digest));
}

/** Takes the same time wherever two texts of one length differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let n = 0; n < a.length; n += 1) difference |= a.charCodeAt(n) ^ b.charCodeAt(n);
  return difference === 0;
}
