/** Client order ids made from other ids: the same parts always give the same id, so that asking twice makes one order. */
import { assert } from "./assert.ts";

/** As long as every broker with client ids can carry: a UUID's length. */
const ID_LENGTH_MAX = 36;

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a over UTF-16 units, 64 bits, as 13 digits of base 36: short, and no secret. */
function digest(text: string): string {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * FNV_PRIME);
  }
  return hash.toString(36).padStart(13, "0");
}

/** `parent-tag` where that fits; else a shortened parent with its digest between. `tag` is short. */
export function derivedOrderId(parent: string, tag: string): string {
  const plain = `${parent}-${tag}`;
  if (plain.length <= ID_LENGTH_MAX) return plain;
  const end = `-${digest(parent)}-${tag}`;
  assert(end.length < ID_LENGTH_MAX, `the tag ${tag} leaves no room`);
  return `${parent.slice(0, ID_LENGTH_MAX - end.length)}${end}`;
}

/** An id for one of many things under one parent, named by its parts. */
export const orderIdFor = (parent: string, ...parts: string[]): string =>
  derivedOrderId(parent, digest(parts.join("|")).slice(-10));
