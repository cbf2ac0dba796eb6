import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bits, DerError, der, elements, explicit, integer, oid, pem, sequence, tag, time } from './der.ts';

/** Ed25519 signatures are the same each time, which those of other common keys are not. */
const ED25519 = sequence(oid('1.3.101.112'));
const EXTENSION_REQUEST = oid('1.2.840.113549.1.9.14');
const SUBJECT_ALTERNATIVE_NAME = oid('2.5.29.17');
/** Bits of the key usage extension, from the first. */
const KEY_USAGES = [
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
];
const EXTENDED: Record<string, string> = {
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
};

export interface Request {
  /** Parts of the PKCS #10 request as they stand in it. */
  subject: Buffer;
  publicKey: Buffer;
  /** The extension with alternative names, when it has one. */
  alternativeNames?: Buffer;
}

/** Reads a PEM certificate request. Throws {@link DerError}. */
export function readRequest(text: string): Request {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(text)?.[1];
  const [outer] = elements(Buffer.from((body ?? '').replace(/\s/g, ''), 'base64'));
  const [info] = elements(outer?.content ?? Buffer.alloc(0));
  const [, subject, publicKey, attributes] = elements(info?.content ?? Buffer.alloc(0));
  if (!subject || !publicKey) throw new DerError('it is no certificate request');
  const alternativeNames = attributes && alternativeNamesOf(attributes.content);
  return { subject: subject.whole, publicKey: publicKey.whole, ...(alternativeNames ? { alternativeNames } : {}) };
}

function alternativeNamesOf(attributes: Buffer): Buffer | undefined {
  for (const attribute of elements(attributes)) {
    const [type, values] = elements(attribute.content);
    if (!type || !values || !type.whole.equals(EXTENSION_REQUEST)) continue;
    for (const extension of elements(elements(values.content)[0]?.content ?? Buffer.alloc(0)))
      if (elements(extension.content)[0]?.whole.equals(SUBJECT_ALTERNATIVE_NAME)) return extension.whole;
  }
  return undefined;
}

/** A key that follows from a text. */
function keyOf(seed: string): KeyObject {
  const secret = createHash('sha256').update(seed).digest();
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([head, secret]), format: 'der', type: 'pkcs8' });
}

const named = (commonName: string): Buffer =>
  sequence(der(tag.set, sequence(oid('2.5.4.3'), der(tag.utf8, Buffer.from(commonName, 'utf8')))));

const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** What a server asks an authority for: a name and the names and IPv4 addresses that it answers to. Its key follows from a text. */
export function serverRequest(seed: string, commonName: string, names: readonly string[]): Request {
  const alternatives = names.map((name) =>
    /^[\d.]+$/.test(name)
      ? der(IP_ADDRESS, Buffer.from(name.split('.').map(Number)))
      : der(DNS_NAME, Buffer.from(name, 'latin1')),
  );
  return {
    subject: named(commonName),
    publicKey: createPublicKey(keyOf(seed)).export({ format: 'der', type: 'spki' }),
    alternativeNames: sequence(SUBJECT_ALTERNATIVE_NAME, der(tag.octets, sequence(...alternatives))),
  };
}

/** An authority whose key comes from a text: the same text signs the same bytes. */
export class Authority {
  readonly #key: KeyObject;
  readonly #name: Buffer;

  constructor(
    seed: string,
    readonly commonName: string,
  ) {
    this.#key = keyOf(seed);
    this.#name = named(commonName);
  }

  /** The authority's own certificate, in PEM. */
  certificate(fromMs: number, untilMs: number): string {
    const publicKey = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    const basic = sequence(
      oid('2.5.29.19'),
      der(tag.boolean, Buffer.from([0xff])),
      der(tag.octets, sequence(der(tag.boolean, Buffer.from([0xff])))),
    );
    return this.#issue(Buffer.from([1]), { subject: this.#name, publicKey }, fromMs, untilMs, [
      usageOf(['cert sign', 'crl sign', 'digital signature']),
      basic,
    ]);
  }

  /** A certificate for what a request asks, in PEM. */
  sign(request: Request, usages: readonly string[], serial: Buffer, fromMs: number, untilMs: number): string {
    const extended = usages.flatMap((usage) => (EXTENDED[usage] ? [oid(EXTENDED[usage])] : []));
    return this.#issue(serial, request, fromMs, untilMs, [
      usageOf(usages),
      ...(extended.length > 0 ? [sequence(oid('2.5.29.37'), der(tag.octets, sequence(...extended)))] : []),
      sequence(oid('2.5.29.19'), der(tag.boolean, Buffer.from([0xff])), der(tag.octets, sequence())),
      ...(request.alternativeNames ? [request.alternativeNames] : []),
    ]);
  }

  #issue(
    serial: Buffer,
    { subject, publicKey }: Request,
    fromMs: number,
    untilMs: number,
    extensions: Buffer[],
  ): string {
    const body = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(serial),
      ED25519,
      this.#name,
      sequence(time(fromMs), time(untilMs)),
      subject,
      publicKey,
      explicit(3, sequence(...extensions)),
    );
    return pem('CERTIFICATE', sequence(body, ED25519, bits(sign(null, body, this.#key))));
  }
}

/** The critical key usage extension. */
function usageOf(usages: readonly string[]): Buffer {
  const set = KEY_USAGES.map(
    (usage) => usages.includes(usage) || (usage === 'digital signature' && usages.includes('signing')),
  );
  const last = set.lastIndexOf(true);
  const out = Buffer.alloc(Math.max(1, Math.ceil((last + 1) / 8)));
  for (const [i, on] of set.entries()) if (on) out[i >> 3] = (out[i >> 3] ?? 0) | (0x80 >> (i & 7));
  const unused = last < 0 ? 0 : out.length * 8 - last - 1;
  return sequence(
    oid('2.5.29.15'),
    der(tag.boolean, Buffer.from([0xff])),
    der(tag.octets, bits(last < 0 ? Buffer.alloc(0) : out, unused)),
  );
}
