import {
  checkPrimeSync,
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  scryptSync,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { Prng } from '../../core/prng.ts';
import { formatV } from '../template/format.ts';
import { type GoFunction, GoObject, type Value } from '../template/value.ts';
import { decodeBase } from './base-codes.ts';
import { bitString, der, integer, objectId, octets, pem, readPem, sequence, TRUE, time, utf8 } from './der.ts';
import { type FunctionTable, fail, fn, unsupported } from './table.ts';

const RSA_BITS = 2048;
const GEN_PRIVATE_KEY_BITS = 4096;
const DAY_MS = 86_400_000;
const PUBLIC_EXPONENT = 65537n;

/** sprig's certificate: PEM texts. */
class Certificate extends GoObject {
  readonly typeName = 'sprig.certificate';
  constructor(
    readonly cert: string,
    readonly key: string,
  ) {
    super();
  }
  override field(name: string): { value: Value } | undefined {
    if (name === 'Cert') return { value: this.cert };
    return name === 'Key' ? { value: this.key } : undefined;
  }
  override toJson(): unknown {
    return { Cert: this.cert, Key: this.key };
  }
  print(): string {
    return `{${this.cert} ${this.key}}`;
  }
}

/** Product of the small odd primes: most candidates that are no primes share a factor with it. */
const SMALL = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103];

function prime(bits: number, random: Prng): bigint {
  const digits = bits / 4;
  // the two highest bits are set, so that the product of two has full length
  let candidate = BigInt(`0x${random.hex(digits)}`) | (3n << BigInt(bits - 2)) | 1n;
  for (;;) {
    const hopeful = SMALL.every((small) => candidate % BigInt(small) !== 0n) && candidate % PUBLIC_EXPONENT !== 1n;
    if (hopeful && checkPrimeSync(candidate)) return candidate;
    candidate += 2n;
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a % b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function rsaKey(bits: number, random: Prng): KeyObject {
  const [p, q] = [prime(bits / 2, random), prime(bits / 2, random)];
  const d = inverse(PUBLIC_EXPONENT, (p - 1n) * (q - 1n));
  const numbers = [0n, p * q, PUBLIC_EXPONENT, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)];
  return createPrivateKey({ key: sequence(...numbers.map(integer)), format: 'der', type: 'pkcs1' });
}

function privateKey(kind: string, random: Prng): string {
  const oid = { ec: objectId('1.2.840.10045.3.1.7'), ed25519: objectId('1.3.101.112') };
  switch (kind) {
    case '':
    case 'rsa':
      return keyPem(rsaKey(GEN_PRIVATE_KEY_BITS, random));
    case 'ecdsa': {
      const curve = createECDH('prime256v1');
      const secret = Buffer.from(random.hex(64), 'hex');
      curve.setPrivateKey(secret);
      const point = der(0xa1, bitString(curve.getPublicKey()));
      return pem('EC PRIVATE KEY', sequence(integer(1n), octets(secret), der(0xa0, oid.ec), point));
    }
    case 'ed25519': {
      const secret = octets(octets(Buffer.from(random.hex(64), 'hex')));
      return pem('PRIVATE KEY', sequence(integer(0n), sequence(oid.ed25519), secret));
    }
    case 'dsa':
      return fail('genPrivateKey of type dsa is not supported');
    default:
      return `Unknown type ${kind}`;
  }
}

function keyPem(key: KeyObject): string {
  return pem('RSA PRIVATE KEY', key.export({ format: 'der', type: 'pkcs1' }));
}

/** A private key of a PEM text; `what` words the failure. */
function readKey(text: string, what: string): KeyObject {
  const block = readPem(text);
  if (!block) return fail(`${what}: no PEM data in input`);
  if (block.type !== 'PRIVATE KEY' && !block.type.endsWith(' PRIVATE KEY')) {
    fail(`${what}: no private key data in PEM block of type ${block.type}`);
  }
  try {
    return createPrivateKey(text);
  } catch (error) {
    return fail(`${what}: ${(error as Error).message}`);
  }
}

function rsaOnly(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'rsa') fail('only certificates with RSA keys are supported');
  return key;
}

interface Subject {
  cn: string;
  ips: Value;
  names: Value;
  days: bigint;
  isCa?: boolean;
}

function subjectAlternatives({ ips, names }: Subject): Buffer | undefined {
  const texts = (list: Value, wrong: (item: Value) => never): string[] =>
    Array.isArray(list) ? list.map((item) => (typeof item === 'string' ? item : wrong(item))) : [];
  const addresses = texts(ips, (ip) => fail(`error parsing ip: ${formatV(ip)} is not a string`)).map((ip) => {
    if (isIP(ip) === 0) fail(`error parsing ip: ${ip}`);
    return der(0x87, addressBytes(ip));
  });
  const hosts = texts(names, (name) => fail(`error processing alternate dns name: ${formatV(name)} is not a string`));
  const all = [...hosts.map((host) => der(0x82, Buffer.from(host))), ...addresses];
  return all.length === 0 ? undefined : sequence(...all);
}

/** 4, 6, or 0 for what is no address. */
function isIP(text: string): 0 | 4 | 6 {
  const byte = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
  if (new RegExp(`^${byte}(?:\\.${byte}){3}$`).test(text)) return 4;
  const groups = text.split(':');
  const short = text.split('::').length === 2;
  const wellFormed = groups.every((group) => /^[0-9a-fA-F]{0,4}$/.test(group)) && groups.length <= 8;
  return groups.length > 2 && wellFormed && (short || (groups.length === 8 && !groups.includes(''))) ? 6 : 0;
}

function addressBytes(ip: string): Buffer {
  if (isIP(ip) === 4) return Buffer.from(ip.split('.').map(Number));
  const [head = '', tail] = ip.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...middle, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  sequence(objectId(oid), ...(critical ? [TRUE] : []), octets(value));

const SHA256_WITH_RSA = sequence(objectId('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]));
const nameOf = (cn: string): Buffer => sequence(der(0x31, sequence(objectId('2.5.4.3'), utf8(cn))));

/** What Go's x509.CreateCertificate makes of sprig's template. */
class Issuer {
  constructor(
    readonly random: Prng,
    readonly nowMs: number,
  ) {}

  issue(subject: Subject, key: KeyObject, parent?: { name: Buffer; key: KeyObject; keyId: Buffer }): Certificate {
    const alternatives = subjectAlternatives(subject);
    const spki = createPublicKey(rsaOnly(key)).export({ format: 'der', type: 'spki' });
    const keyId = createHash('sha256').update(publicBits(key)).digest().subarray(0, 20);
    const usage = bitString(Buffer.from([subject.isCa ? 0xa4 : 0xa0]), subject.isCa ? 2 : 5);
    const extensions = [
      extension('2.5.29.15', usage, true),
      extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.19', subject.isCa ? sequence(TRUE) : sequence(), true),
    ];
    if (subject.isCa) extensions.push(extension('2.5.29.14', octets(keyId)));
    if (parent) extensions.push(extension('2.5.29.35', sequence(der(0x80, parent.keyId))));
    if (alternatives) extensions.push(extension('2.5.29.17', alternatives));
    const own = nameOf(subject.cn);
    const start = Math.floor(this.nowMs / 1000) * 1000;
    const body = sequence(
      der(0xa0, integer(2n)),
      integer(BigInt(`0x${this.random.hex(32)}`)),
      SHA256_WITH_RSA,
      parent?.name ?? own,
      sequence(time(start), time(start + Number(subject.days) * DAY_MS)),
      own,
      spki,
      der(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, rsaOnly(parent?.key ?? key));
    return new Certificate(pem('CERTIFICATE', sequence(body, SHA256_WITH_RSA, bitString(signature))), keyPem(key));
  }

  /** A certificate that another one vouches for. */
  signed(subject: Subject, key: KeyObject, ca: Certificate): Certificate {
    const block = readPem(ca.cert);
    if (!block) fail('unable to decode certificate');
    const name = nameOf(/^CN=(.*)$/m.exec(parsed(ca.cert).subject)?.[1] ?? '');
    const caKey = readKey(ca.key, 'error parsing private key');
    const keyId = createHash('sha256').update(publicBits(caKey)).digest().subarray(0, 20);
    return this.issue(subject, key, { name, key: caKey, keyId });
  }
}

/** The public key's bits, of which the key's identifier is made. */
function publicBits(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'pkcs1' });
}

function parsed(cert: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    return fail(`error parsing certificate: decodedSignerCert.Bytes: ${(error as Error).message}`);
  }
}

function custom(cert64: string, key64: string): Certificate {
  const decoded = (text: string, what: string): string => {
    try {
      return decodeBase(text, 64).toString();
    } catch {
      return fail(`unable to decode base64 ${what}`);
    }
  };
  const [cert, key] = [decoded(cert64, 'certificate'), decoded(key64, 'private key')];
  if (!readPem(cert)) fail('unable to decode certificate');
  parsed(cert);
  readKey(key, 'error parsing private key');
  return new Certificate(cert, key);
}

const AES = 'aes-256-cbc';
const aesKey = (password: string): Buffer => Buffer.concat([Buffer.from(password).subarray(0, 32)], 32);

function decryptAes(password: string, text: string): string {
  if (text === '') return '';
  const bytes = decodeBase(text, 64);
  const cipher = createDecipheriv(AES, aesKey(password), bytes.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([cipher.update(bytes.subarray(16)), cipher.final()]);
  return plain.subarray(0, plain.length - (plain.at(-1) ?? 0)).toString();
}

const PASSWORD_SHAPES: Record<string, string> = {
  maximum: 'anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno',
  long:
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno',
  medium: 'CvcnoCvc CvcCvcno',
  short: 'Cvcn',
  basic: 'aaanaaan aannaaan aaannaaa',
  pin: 'nnnn',
};

const PASSWORD_LETTERS: Record<string, string> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
};

/** The Master Password algorithm. */
function derivePassword(counter: bigint, type: string, password: string, user: string, site: string): string {
  const shapes = PASSWORD_SHAPES[type]?.split(' ');
  if (!shapes) return `cannot find password template ${type}`;
  const scope = Buffer.from('com.lyndir.masterpassword');
  const number = (value: number): Buffer => Buffer.from((value >>> 0).toString(16).padStart(8, '0'), 'hex');
  const named = (text: string): Buffer[] => [scope, number(Buffer.byteLength(text)), Buffer.from(text)];
  const key = scryptSync(password, Buffer.concat(named(user)), 64, { N: 32768, r: 8, p: 2, maxmem: 128 * 1024 * 1024 });
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([...named(site), number(Number(counter))]))
    .digest();
  const shape = shapes[(seed[0] ?? 0) % shapes.length] ?? '';
  return [...shape]
    .map((letter, i) => {
      const letters = PASSWORD_LETTERS[letter] ?? '';
      return letters[(seed[i + 1] ?? 0) % letters.length];
    })
    .join('');
}

/** Keys and certificates; their randomness is the rendering's own, so that renders repeat. */
export function certificateFunctions(random: Prng, nowMs: number): FunctionTable {
  const issuer = new Issuer(random, nowMs);
  const made = (): KeyObject => rsaKey(RSA_BITS, random);
  const given = (text: string): KeyObject => readKey(text, 'parsing private key');
  const bcrypt = 'bcrypt salts its hashes with chance';
  const table: Record<string, GoFunction> = {
    genCA: fn('string int', (cn: string, days: bigint) =>
      issuer.issue({ cn, ips: null, names: null, days, isCa: true }, made()),
    ),
    genCAWithKey: fn('string int string', (cn: string, days: bigint, key: string) =>
      issuer.issue({ cn, ips: null, names: null, days, isCa: true }, given(key)),
    ),
    genSelfSignedCert: fn('string list list int', (cn: string, ips: Value, names: Value, days: bigint) =>
      issuer.issue({ cn, ips, names, days }, made()),
    ),
    genSelfSignedCertWithKey: fn(
      'string list list int string',
      (cn: string, ips: Value, names: Value, days: bigint, key: string) =>
        issuer.issue({ cn, ips, names, days }, given(key)),
    ),
    genSignedCert: fn(
      'string list list int any',
      (cn: string, ips: Value, names: Value, days: bigint, ca: Certificate) =>
        issuer.signed({ cn, ips, names, days }, made(), ca),
    ),
    genSignedCertWithKey: fn(
      'string list list int any string',
      (cn: string, ips: Value, names: Value, days: bigint, ca: Certificate, key: string) =>
        issuer.signed({ cn, ips, names, days }, given(key), ca),
    ),
    buildCustomCert: fn('string string', custom),
    genPrivateKey: fn('string', (kind: string) => privateKey(kind, random)),
    derivePassword: fn('int string string string string', derivePassword),
    encryptAES: fn('string string', (password: string, text: string) => {
      if (text === '') return '';
      const iv = Buffer.from(random.hex(32), 'hex');
      const cipher = createCipheriv(AES, aesKey(password), iv);
      return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
    }),
    decryptAES: fn('string string', decryptAes),
    bcrypt: unsupported('bcrypt', bcrypt),
    htpasswd: fn('string string', (user: string) =>
      user.includes(':') ? `invalid username: ${user}` : fail(`htpasswd is not supported: ${bcrypt}`),
    ),
  };
  return table;
}
