import { isUtf8 } from 'node:buffer';

/**
 * Files, pipes and bodies hold text. Bytes that are no UTF-8 (archives, compressed data, keys) are kept in it as lone low surrogates
 * U+DC80 … U+DCFF, as Python's `surrogateescape` does, so that what comes in goes out the same. Everything that reads or
 * writes bytes, or counts them, does it with these functions.
 */
const ESCAPE = 0xdc00;
const ESCAPED = /[\udc80-\udcff]/;
const LONE = /(?<![\ud800-\udbff])[\udc80-\udcff]/g;
const REPLACEMENT = '\ufffd';

/** Text of bytes. */
export function textOf(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  return isUtf8(view) ? view.toString('utf8') : escaped(view);
}

/** Bytes of text. */
export function bytesOf(text: string): Buffer {
  return ESCAPED.test(text) ? unescaped(text) : Buffer.from(text, 'utf8');
}

/** Number of bytes of text. */
export function byteLength(text: string): number {
  const length = Buffer.byteLength(text, 'utf8');
  if (length === text.length || !ESCAPED.test(text)) return length;
  return length - 2 * (text.match(LONE)?.length ?? 0);
}

/** What a reader who expects UTF-8 sees: U+FFFD where there is none. */
export function readable(text: string): string {
  return ESCAPED.test(text) ? bytesOf(text).toString('utf8') : text;
}

/** The character that keeps one byte. */
export const charOf = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : ESCAPE + byte);

/** First of the private characters that stand for bytes where text has to be well-formed. */
const VEIL = 0x10ff00;

/** The same text without lone surrogates, for programs that take no others; {@link unveiled} undoes it. */
export const veiled = (text: string): string =>
  ESCAPED.test(text) ? text.replace(LONE, (char) => String.fromCodePoint(VEIL + (char.charCodeAt(0) & 0xff))) : text;

export const unveiled = (text: string): string =>
  text.includes('\udbff')
    ? text.replace(/\udbff([\udf80-\udfff])/g, (_, low: string) => charOf(low.charCodeAt(0) & 0xff))
    : text;

/** Text put together from bytes one by one: those that make characters become them. */
export const joined = (text: string): string => (ESCAPED.test(text) ? textOf(bytesOf(text)) : text);

/** One character for each byte. */
export const latinOf = (text: string): string => (isAscii(text) ? text : bytesOf(text).toString('latin1'));
export const ofLatin = (bytes: string): string => (isAscii(bytes) ? bytes : textOf(Buffer.from(bytes, 'latin1')));

const isAscii = (text: string): boolean => Buffer.byteLength(text, 'utf8') === text.length;

/** Text of bytes that come in pieces: a character that is cut in two waits for its end. */
export class TextStream {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Uint8Array): string {
    const all = this.#rest.length === 0 ? viewOf(bytes) : Buffer.concat([this.#rest, bytes]);
    const open = openTail(all);
    this.#rest = open === 0 ? Buffer.alloc(0) : Buffer.from(all.subarray(all.length - open));
    return textOf(all.subarray(0, all.length - open));
  }

  /** What waited in vain. */
  end(): string {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return textOf(rest);
  }
}

/** Bytes at the end that begin a character without ending it. */
function openTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sizeOf(byte) > back ? back : 0;
  }
  return 0;
}

/** Length of the sequence that a byte begins, 0 when none does. */
function sizeOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Lowest and highest second bytes of sequences where not all are allowed: no overlong forms, surrogates, or more than U+10FFFF. */
const SECOND: Record<number, [number, number]> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

/** Code point of the sequence at `at`, or undefined. */
function codePointAt(bytes: Uint8Array, at: number, size: number): number | undefined {
  if (size === 0 || at + size > bytes.length) return undefined;
  const first = bytes[at]!;
  if (size === 1) return first;
  const [low, high] = SECOND[first] ?? [0x80, 0xbf];
  const second = bytes[at + 1]!;
  if (second < low || second > high) return undefined;
  let code = first & (0xff >> (size + 1));
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (next & 0x3f);
  }
  return code;
}

function escaped(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let used = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = sizeOf(bytes[at]!);
    const code = codePointAt(bytes, at, size);
    if (code === undefined) {
      units[used++] = ESCAPE + bytes[at++]!;
      continue;
    }
    if (code >= 0x10000) units[used++] = 0xd7c0 + (code >> 10);
    units[used++] = code >= 0x10000 ? ESCAPE + (code & 0x3ff) : code;
    at += size;
  }
  return Buffer.from(units.buffer, 0, used * 2).toString('utf16le');
}

function unescaped(text: string): Buffer {
  const out = Buffer.allocUnsafe(text.length * 3);
  let used = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) out[used++] = unit;
    else if (unit >= 0xdc80 && unit <= 0xdcff) out[used++] = unit - ESCAPE;
    else {
      const code = text.codePointAt(at)!;
      used += out.write(code >= 0xd800 && code < 0xe000 ? REPLACEMENT : String.fromCodePoint(code), used, 'utf8');
      if (code >= 0x10000) at++;
    }
  }
  return out.subarray(0, used);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
