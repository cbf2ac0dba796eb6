/** Distinguished encoding of ASN.1, as far as certificates need it. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export class DerError extends Error {
  override readonly name = 'DerError';
}

export function der(type: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length: number[] = [];
  if (body.length < 0x80) length.push(body.length);
  else {
    for (let rest = body.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff);
    length.unshift(0x80 | length.length);
  }
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

export const sequence = (...content: Buffer[]): Buffer => der(tag.sequence, ...content);
export const explicit = (number: number, ...content: Buffer[]): Buffer => der(0xa0 | number, ...content);
export const bits = (content: Buffer, unused = 0): Buffer => der(tag.bits, Buffer.from([unused]), content);

/** A positive number given as big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  return der(tag.integer, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const out = [first * 40 + second];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    out.push(...digits);
  }
  return der(tag.oid, Buffer.from(out));
}

/** UTCTime until 2049, GeneralizedTime from then on, as RFC 5280 wants it. */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  const isEarly = new Date(ms).getUTCFullYear() < 2050;
  return der(isEarly ? tag.utcTime : tag.generalizedTime, Buffer.from(isEarly ? text.slice(2) : text));
}

export interface Element {
  type: number;
  /** The element whole, with its head. */
  whole: Buffer;
  content: Buffer;
}

/** The elements that stand one after the other. Throws {@link DerError} for what is none. */
export function elements(bytes: Buffer): Element[] {
  const out: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] as number;
    let length = bytes[at + 1] ?? 0x80;
    let head = 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + 2 + count > bytes.length) throw new DerError('a length that is none');
      length = bytes.readUIntBE(at + 2, count);
      head += count;
    }
    if (at + head + length > bytes.length) throw new DerError('an element is cut off');
    const whole = bytes.subarray(at, at + head + length);
    out.push({ type, whole, content: whole.subarray(head) });
    at += head + length;
  }
  return out;
}

export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
