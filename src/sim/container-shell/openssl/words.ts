import { elements } from '../../x509/der.ts';
import { MONTHS, two } from '../commands/strftime.ts';
import { type Attribute, type Certificate, type Extension, objectId } from './certificate.ts';

/** What `openssl x509` of OpenSSL 3.0 prints. */

const ATTRIBUTES: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
  '1.2.840.113549.1.9.1': 'emailAddress',
};
const ALGORITHMS: Record<string, string> = {
  '1.2.840.113549.1.1.1': 'rsaEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.2.1': 'id-ecPublicKey',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'ED25519',
};
const CURVES: Record<string, [name: string, nist: string, bits: number]> = {
  '1.2.840.10045.3.1.7': ['prime256v1', 'P-256', 256],
  '1.3.132.0.34': ['secp384r1', 'P-384', 384],
  '1.3.132.0.35': ['secp521r1', 'P-521', 521],
};
const EXTENSIONS: Record<string, [name: string, short: string]> = {
  '2.5.29.14': ['X509v3 Subject Key Identifier', 'subjectKeyIdentifier'],
  '2.5.29.15': ['X509v3 Key Usage', 'keyUsage'],
  '2.5.29.17': ['X509v3 Subject Alternative Name', 'subjectAltName'],
  '2.5.29.19': ['X509v3 Basic Constraints', 'basicConstraints'],
  '2.5.29.35': ['X509v3 Authority Key Identifier', 'authorityKeyIdentifier'],
  '2.5.29.37': ['X509v3 Extended Key Usage', 'extendedKeyUsage'],
};
const USAGES = [
  'Digital Signature',
  'Non Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Sign',
  'CRL Sign',
  'Encipher Only',
  'Decipher Only',
];
const PURPOSES: Record<string, string> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
  '1.3.6.1.5.5.7.3.3': 'Code Signing',
  '1.3.6.1.5.5.7.3.4': 'E-mail Protection',
  '1.3.6.1.5.5.7.3.8': 'Time Stamping',
  '1.3.6.1.5.5.7.3.9': 'OCSP Signing',
};

export const algorithm = (oid: string): string => ALGORITHMS[oid] ?? oid;
export const extensionName = ({ oid }: Extension): string => EXTENSIONS[oid]?.[1] ?? oid;

/** `Nov 22 11:55:41 2026 GMT` */
export function dateWords(ms: number): string {
  const at = new Date(ms);
  const day = String(at.getUTCDate()).padStart(2);
  return `${MONTHS[at.getUTCMonth()]} ${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} ${at.getUTCFullYear()} GMT`;
}

/** Characters beyond ASCII are shown as bytes; what would be read otherwise stands in quotes. */
function attributeWords(value: Buffer): string {
  const text = [...value]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e
        ? `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : byte === 0x22 || byte === 0x5c
          ? `\\${String.fromCharCode(byte)}`
          : String.fromCharCode(byte),
    )
    .join('');
  return /[,+<>;"]|^[ #]| $/.test(text) ? `"${text}"` : text;
}

const attributeName = ({ oid }: Attribute): string => ATTRIBUTES[oid] ?? oid;

/** `CN = kubernetes, O = acme`; `rfc2253`: `O=acme,CN=kubernetes`. */
export function nameWords(name: readonly Attribute[], rfc2253 = false): string {
  if (!rfc2253) return name.map((one) => `${attributeName(one)} = ${attributeWords(one.value)}`).join(', ');
  const plain = (value: Buffer): string => value.toString('utf8').replace(/[,+"\\<>;]/g, '\\$&');
  return [...name]
    .reverse()
    .map((one) => `${attributeName(one)}=${plain(one.value)}`)
    .join(',');
}

export const colons = (bytes: Uint8Array, upper = true): string => {
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
  return upper ? text.toUpperCase() : text;
};

/** Bytes in rows, each after so many blanks. */
function block(bytes: Uint8Array, indent: number, perRow: number): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += perRow) {
    const more = at + perRow < bytes.length ? ':' : '';
    out += `${' '.repeat(indent)}${colons(bytes.slice(at, at + perRow), false)}${more}\n`;
  }
  return out;
}

const KEY_INDENT = 20;
const KEY_ROW = 15;

function keyWords(certificate: Certificate): string {
  const { keyAlgorithm, keyBits, keyParameter } = certificate;
  const pad = ' '.repeat(16);
  const name = algorithm(keyAlgorithm);
  let out = `        Subject Public Key Info:\n            Public Key Algorithm: ${name}\n`;
  if (name === 'rsaEncryption') {
    const [modulus, exponent] = elements(elements(keyBits)[0]?.content ?? Buffer.alloc(0));
    const bytes = modulus?.content ?? Buffer.alloc(0);
    const power = Number.parseInt(exponent?.content.toString('hex') ?? '0', 16);
    out += `${pad}Public-Key: (${modulusOf(certificate).length * 8} bit)\n${pad}Modulus:\n${block(bytes, KEY_INDENT, KEY_ROW)}`;
    return `${out}${pad}Exponent: ${power} (0x${power.toString(16)})\n`;
  }
  if (name === 'id-ecPublicKey') {
    const [curve = keyParameter, nist, bits] = CURVES[keyParameter ?? ''] ?? [];
    out += `${pad}Public-Key: (${bits} bit)\n${pad}pub:\n${block(keyBits, KEY_INDENT, KEY_ROW)}${pad}ASN1 OID: ${curve}\n`;
    return nist === undefined ? out : `${out}${pad}NIST CURVE: ${nist}\n`;
  }
  return `${out}${pad}${name} Public-Key:\n${pad}pub:\n${block(keyBits, KEY_INDENT, KEY_ROW)}`;
}

/** The modulus of an RSA key without a leading zero; empty for other keys. */
export function modulusOf({ keyAlgorithm, keyBits }: Certificate): Buffer {
  if (algorithm(keyAlgorithm) !== 'rsaEncryption') return Buffer.alloc(0);
  const bytes = elements(elements(keyBits)[0]?.content ?? Buffer.alloc(0))[0]?.content ?? Buffer.alloc(0);
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

/** One of the general names (RFC 5280, 4.2.1.6). */
function generalName(type: number, content: Buffer): string {
  switch (type & 0x1f) {
    case 1:
      return `email:${content}`;
    case 2:
      return `DNS:${content}`;
    case 6:
      return `URI:${content}`;
    case 7:
      return `IP Address:${
        content.length === 4
          ? [...content].join('.')
          : (content
              .toString('hex')
              .match(/.{4}/g)
              ?.map((group) => group.replace(/^0{1,3}/, '').toUpperCase())
              .join(':') ?? '')
      }`;
    default:
      return 'othername:<unsupported>';
  }
}

export const alternativeNames = (certificate: Certificate): string[] => {
  const found = certificate.extensions.find(({ oid }) => oid === '2.5.29.17');
  return found
    ? elements(elements(found.value)[0]?.content ?? Buffer.alloc(0)).map(({ type, content }) =>
        generalName(type, content),
      )
    : [];
};

function extensionWords(certificate: Certificate, { oid, value }: Extension): string {
  const [outer] = elements(value);
  const parts = (): ReturnType<typeof elements> => elements(outer?.content ?? Buffer.alloc(0));
  switch (EXTENSIONS[oid]?.[1]) {
    case 'subjectKeyIdentifier':
      return colons(outer?.content ?? Buffer.alloc(0));
    case 'authorityKeyIdentifier':
      return colons(parts().find(({ type }) => type === 0x80)?.content ?? Buffer.alloc(0));
    case 'keyUsage': {
      const bits = outer?.content.subarray(1) ?? Buffer.alloc(0);
      return USAGES.filter((_, i) => ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0).join(', ');
    }
    case 'extendedKeyUsage':
      return parts()
        .map(({ content }) => PURPOSES[objectId(content)] ?? objectId(content))
        .join(', ');
    case 'subjectAltName':
      return alternativeNames(certificate).join(', ');
    case 'basicConstraints': {
      const [authority, length] = parts();
      const depth = length ? `, pathlen:${Number.parseInt(length.content.toString('hex'), 16)}` : '';
      return `CA:${authority?.content[0] ? 'TRUE' : 'FALSE'}${depth}`;
    }
    default:
      return Array.from(value, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
  }
}

/** An extension with its title, after so many blanks. */
export function extensionBlock(certificate: Certificate, extension: Extension, indent: number): string {
  const pad = ' '.repeat(indent);
  const title = EXTENSIONS[extension.oid]?.[0] ?? extension.oid;
  return `${pad}${title}: ${extension.critical ? 'critical' : ''}\n${pad}    ${extensionWords(certificate, extension)}\n`;
}

const SMALL_SERIAL_BYTES = 8;

function serialWords(serial: Buffer): string {
  if (serial.length > SMALL_SERIAL_BYTES) return `\n            ${colons(serial, false)}`;
  const value = BigInt(`0x${serial.toString('hex')}`);
  return ` ${value} (0x${value.toString(16)})`;
}

/** `-text` */
export function certificateWords(certificate: Certificate): string {
  const { version, serial, signatureAlgorithm, issuer, subject, fromMs, untilMs, extensions, signature } = certificate;
  const signed = algorithm(signatureAlgorithm);
  const listed = extensions.map((one) => extensionBlock(certificate, one, 12)).join('');
  return [
    'Certificate:\n    Data:\n',
    `        Version: ${version} (0x${version - 1})\n        Serial Number:${serialWords(serial)}\n`,
    `        Signature Algorithm: ${signed}\n        Issuer: ${nameWords(issuer)}\n`,
    `        Validity\n            Not Before: ${dateWords(fromMs)}\n            Not After : ${dateWords(untilMs)}\n`,
    `        Subject: ${nameWords(subject)}\n${keyWords(certificate)}`,
    listed === '' ? '' : `        X509v3 extensions:\n${listed}`,
    `    Signature Algorithm: ${signed}\n    Signature Value:\n${block(signature, 8, 18)}`,
  ].join('');
}
