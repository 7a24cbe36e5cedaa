/**
 * Files of the archive in R2: gzip of text, under a name that is of their content. A file is never changed, so
 * two writers of different texts never write the same one, and the same text again is the same file.
 */

/** Hex characters of the hash in a file's name: two files that would be named alike differ by them. */
const NAME_HASH_CHARS = 16;

/** What a list has to know of a file to read it and to believe it. */
export interface ArchiveFile {
  key: string;
  bytes: number;
  /** Of the file's bytes, hex. */
  sha256: string;
}

/** `name` is all of its key before the hash. Throws unless what is read back is the text to the letter. */
export async function writeFile(
  bucket: R2Bucket,
  name: string,
  text: string,
): Promise<ArchiveFile> {
  const packed = await gzip(text);
  const sha256 = await digest(packed);
  const key = `${name}-${sha256.slice(0, NAME_HASH_CHARS)}.ndjson.gz`;
  await bucket.put(key, packed, { sha256 });
  const file = { key, bytes: packed.length, sha256 };
  if ((await readFile(bucket, file)) !== text)
    throw new Error(`${key} of the archive was not read back as it was written`);
  return file;
}

/** Throws when the file is gone or is not what was written. */
export async function readFile(
  bucket: R2Bucket,
  { key, sha256 }: Pick<ArchiveFile, "key" | "sha256">,
): Promise<string> {
  const file = await bucket.get(key);
  if (!file) throw new Error(`${key} of the archive is not there`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if ((await digest(bytes)) !== sha256)
    throw new Error(`${key} of the archive is not what was written: its hash is another`);
  return new Response(streamOf(bytes).pipeThrough(new DecompressionStream("gzip"))).text();
}

async function gzip(text: string): Promise<Uint8Array> {
  const packed = streamOf(new TextEncoder().encode(text)).pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

const streamOf = (bytes: Uint8Array): ReadableStream => new Blob([bytes]).stream();

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
