/**
 * Files and pipes of the machine hold text. Bytes that are no UTF-8 (archives, compressed data) are kept as lone low surrogates, as
 * Python's `surrogateescape` does, so that nothing is lost on the way through.
 */
const ESCAPE = 0xdc00;

/** Text of bytes. */
export function textOf(bytes: Uint8Array): string {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = plain.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let out = '';
  for (let at = 0; at < plain.length; ) {
    const size = sequence(plain, at);
    out += size === 0 ? String.fromCharCode(ESCAPE + plain[at]!) : plain.toString('utf8', at, at + size);
    at += Math.max(1, size);
  }
  return out;
}

/** Length of the UTF-8 sequence that begins here, 0 when there is none. */
function sequence(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  for (let i = 1; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return bytes.toString('utf8', at, at + size).includes('\ufffd') && !bytes.subarray(at, at + size).equals(REPLACEMENT)
    ? 0
    : size;
}

const REPLACEMENT = Buffer.from('\ufffd');

/** Bytes of text. */
export function bytesOf(text: string): Buffer {
  if (!/[\udc80-\udcff]/.test(text)) return Buffer.from(text, 'utf8');
  const parts = text.split(/(?<![\ud800-\udbff])([\udc80-\udcff])/);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 1 ? Buffer.from([part.charCodeAt(0) - ESCAPE]) : Buffer.from(part, 'utf8'))),
  );
}

/** One character for each byte, as the hosted commands take and give streams. */
export const latinOf = (text: string): string => bytesOf(text).toString('latin1');
export const fromLatin = (bytes: string): string => textOf(Buffer.from(bytes, 'latin1'));
