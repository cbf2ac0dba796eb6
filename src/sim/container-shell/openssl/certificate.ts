import { DerError, type Element, elements } from '../../x509/der.ts';

/** X.509 certificates taken apart (RFC 5280), as far as people look at them. */

export interface Certificate {
  der: Buffer;
  version: number;
  /** Big-endian, without a leading zero byte. */
  serial: Buffer;
  signatureAlgorithm: string;
  signature: Buffer;
  issuer: Attribute[];
  subject: Attribute[];
  fromMs: number;
  untilMs: number;
  /** The whole SubjectPublicKeyInfo. */
  publicKey: Buffer;
  keyAlgorithm: string;
  /** The curve's object identifier. */
  keyParameter?: string;
  keyBits: Buffer;
  extensions: Extension[];
}

export interface Attribute {
  oid: string;
  value: Buffer;
}

export interface Extension {
  oid: string;
  critical: boolean;
  value: Buffer;
}

const CONTEXT = 0xa0;
const BOOLEAN = 0x01;
const OBJECT_ID = 0x06;
const UTC_TIME = 0x17;

/** The bytes of the first PEM certificate of a text, or DER as it is; undefined when there is none. */
export function derOf(bytes: Buffer): Buffer | undefined {
  const pem = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([\s\S]+?)-----END/.exec(bytes.toString('latin1'))?.[1];
  if (pem !== undefined) return Buffer.from(pem.replace(/\s/g, ''), 'base64');
  return bytes[0] === 0x30 ? bytes : undefined;
}

export function objectId(bytes: Buffer): string {
  const out: number[] = [];
  let part = 0;
  for (const byte of bytes) {
    part = part * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (out.length === 0) out.push(Math.min(2, Math.floor(part / 40)), part - 40 * Math.min(2, Math.floor(part / 40)));
    else out.push(part);
    part = 0;
  }
  return out.join('.');
}

function timeOf({ type, content }: Element): number {
  const text = content.toString('latin1');
  const full = type === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  if (year === undefined) throw new DerError('a time that is none');
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

function nameOf(content: Buffer): Attribute[] {
  return elements(content).flatMap((set) =>
    elements(set.content).map((pair) => {
      const [type, value] = elements(pair.content);
      if (!type || !value) throw new DerError('a name that is none');
      return { oid: objectId(type.content), value: value.content };
    }),
  );
}

const positive = (bytes: Buffer): Buffer => (bytes[0] === 0 && bytes.length > 1 ? bytes.subarray(1) : bytes);

function extensionOf({ content }: Element): Extension {
  const parts = elements(content);
  const value = parts.at(-1);
  return {
    oid: objectId(parts[0]?.content ?? Buffer.alloc(0)),
    critical: parts[1]?.type === BOOLEAN && parts[1].content[0] !== 0,
    value: value?.content ?? Buffer.alloc(0),
  };
}

/** Throws {@link DerError} for what is no certificate. */
export function readCertificate(bytes: Buffer): Certificate {
  const [outer] = elements(bytes);
  const [body, , signature] = elements(outer?.content ?? Buffer.alloc(0));
  const fields = elements(body?.content ?? Buffer.alloc(0));
  const versioned = fields[0]?.type === CONTEXT;
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = versioned ? fields.slice(1) : fields;
  if (!outer || !serial || !algorithm || !issuer || !validity || !subject || !key || !signature)
    throw new DerError('it is no certificate');
  const [from, until] = elements(validity.content);
  const [keyKind, keyBits] = elements(key.content);
  const [keyAlgorithm, parameter] = elements(keyKind?.content ?? Buffer.alloc(0));
  const list = rest.find(({ type }) => type === (CONTEXT | 3));
  if (!from || !until || !keyAlgorithm || !keyBits) throw new DerError('it is no certificate');
  return {
    der: outer.whole,
    version: versioned ? (elements(fields[0]!.content)[0]?.content[0] ?? 0) + 1 : 1,
    serial: positive(serial.content),
    signatureAlgorithm: objectId(elements(algorithm.content)[0]?.content ?? Buffer.alloc(0)),
    signature: signature.content.subarray(1),
    issuer: nameOf(issuer.content),
    subject: nameOf(subject.content),
    fromMs: timeOf(from),
    untilMs: timeOf(until),
    publicKey: key.whole,
    keyAlgorithm: objectId(keyAlgorithm.content),
    ...(parameter?.type === OBJECT_ID ? { keyParameter: objectId(parameter.content) } : {}),
    keyBits: keyBits.content.subarray(1),
    extensions: list ? elements(elements(list.content)[0]?.content ?? Buffer.alloc(0)).map(extensionOf) : [],
  };
}
