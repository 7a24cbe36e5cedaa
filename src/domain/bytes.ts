/** Numbers and texts to bytes and back, for what is packed. Reading past the end breaks the reader; it never throws. */

const START_BYTES = 4_096;

/** The longest text that is written; an instrument or a provider is far shorter. */
const TEXT_MAX = 1_024;

export class ByteWriter {
  length = 0;
  #bytes = new Uint8Array(START_BYTES);
  #view = new DataView(this.#bytes.buffer);

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length] = value;
    this.length += 1;
  }

  /** A whole number, 0 or above, of at most 53 bits. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.length] = (rest % 0x80) | 0x80;
      this.length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length] = rest;
    this.length += 1;
  }

  /** A whole number of either sign: 0, -1, 1, -2 become 0, 1, 2, 3. At most 52 bits. */
  difference(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Its length and its UTF-16 units. */
  text(value: string): void {
    const length = Math.min(value.length, TEXT_MAX);
    this.varint(length);
    for (let at = 0; at < length; at += 1) this.varint(value.charCodeAt(at));
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

export class ByteReader {
  /** True once something was read that is not there; everything read since is 0. */
  isBroken = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#has(1) ? this.#view.getUint8(this.#at++) : 0;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let read = 0; read < 8; read += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.isBroken = true;
    return 0;
  }

  difference(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  float32(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return this.#view.getFloat32(this.#at - 4, true);
  }

  float64(): number {
    if (!this.#has(8)) return 0;
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  text(): string {
    const length = this.varint();
    if (length > TEXT_MAX) this.isBroken = true;
    let text = "";
    for (let at = 0; at < length && !this.isBroken; at += 1)
      text += String.fromCharCode(this.varint());
    return text;
  }

  #has(bytes: number): boolean {
    if (this.#at + bytes <= this.#bytes.length) return true;
    this.isBroken = true;
    return false;
  }
}
