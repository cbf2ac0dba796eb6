import { createHash } from 'node:crypto';
import { bytesOf, textOf } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { DerError, pem } from '../../x509/der.ts';
import type { Command, CommandContext } from '../command.ts';
import { type Arguments, argumentsOf } from './arguments.ts';
import { type Certificate, derOf, readCertificate } from './certificate.ts';
import { connect } from './connect.ts';
import {
  alternativeNames,
  certificateWords,
  colons,
  dateWords,
  extensionBlock,
  extensionName,
  modulusOf,
  nameWords,
} from './words.ts';

/** openssl of OpenSSL 3.0: what people look at certificates, sums and servers with. The rest says that it is not here. */

const VERSION = 'OpenSSL 3.0.17 1 Jul 2025 (Library: OpenSSL 3.0.17 1 Jul 2025)\n';
const DIGESTS: Record<string, string> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha224: 'SHA2-224',
  sha256: 'SHA2-256',
  sha384: 'SHA2-384',
  sha512: 'SHA2-512',
};
/** Commands that the real one has and this one has not. */
const ABSENT =
  /^(asn1parse|ca|ciphers|cms|crl|crl2pkcs7|dhparam|dsa|ec|ecparam|engine|errstr|gendsa|genpkey|genrsa|kdf|list|mac|nseq|ocsp|passwd|pkcs12|pkcs7|pkcs8|pkey|pkeyparam|pkeyutl|prime|rehash|req|rsa|rsautl|s_server|s_time|sess_id|smime|speed|spkac|srp|storeutl|ts|verify)$/;

function* input(ctx: CommandContext, file: string | undefined): Task<Buffer | undefined> {
  if (file === undefined) return bytesOf(yield* ctx.stdin.readAll(ctx.th));
  try {
    return bytesOf(ctx.os.fs.read(ctx.path(file)));
  } catch (error) {
    if (error instanceof FsError) return undefined;
    throw error;
  }
}

const X509_VALUED = [
  'in',
  'out',
  'inform',
  'outform',
  'ext',
  'checkend',
  'checkhost',
  'checkip',
  'nameopt',
  'certopt',
  'passin',
];
const X509_FLAGS = [
  ...[
    'text',
    'noout',
    'subject',
    'issuer',
    'dates',
    'startdate',
    'enddate',
    'serial',
    'fingerprint',
    'modulus',
    'pubkey',
    'email',
  ],
  ...['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'trustout'],
];

function* x509(ctx: CommandContext, args: readonly string[]): Task<number> {
  const given = argumentsOf(args, X509_VALUED, X509_FLAGS);
  if (given.strange !== undefined) {
    const known =
      /^(req|CA|CAkey|days|signkey|key|extfile|extensions|hash|subject_hash|issuer_hash|purpose|ocsp_uri|ocspid|C|set_serial|x509toreq|new|force_pubkey|copy_extensions|dateopt)$/;
    ctx.os.stderr.write(
      known.test(given.strange)
        ? `x509: the option -${given.strange} is not supported here\n`
        : `x509: Unrecognized flag ${given.strange}\nx509: Use -help for summary.\n`,
    );
    return 1;
  }
  const file = given.get('in');
  const bytes = yield* input(ctx, file);
  if (!bytes) {
    ctx.os.stderr.write(
      `Could not open file or uri for loading certificate from ${file}\nUnable to load certificate\n`,
    );
    return 1;
  }
  let certificate: Certificate | undefined;
  try {
    const der = derOf(bytes);
    certificate = der && readCertificate(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  if (!certificate) {
    ctx.os.stderr.write(`Could not read certificate from ${file ?? '<stdin>'}\nUnable to load certificate\n`);
    return 1;
  }
  return show(ctx, args, given, certificate);
}

/** Prints what is asked for, in the order in which it is asked. */
function show(ctx: CommandContext, args: readonly string[], given: Arguments, certificate: Certificate): number {
  const short = /RFC2253/i.test(given.get('nameopt') ?? '');
  const sum = ['md5', 'sha256', 'sha384', 'sha512'].find((name) => given.has(name)) ?? 'sha1';
  const shown: Record<string, () => string> = {
    subject: () => `subject=${nameWords(certificate.subject, short)}\n`,
    issuer: () => `issuer=${nameWords(certificate.issuer, short)}\n`,
    startdate: () => `notBefore=${dateWords(certificate.fromMs)}\n`,
    enddate: () => `notAfter=${dateWords(certificate.untilMs)}\n`,
    dates: () => `notBefore=${dateWords(certificate.fromMs)}\nnotAfter=${dateWords(certificate.untilMs)}\n`,
    serial: () => `serial=${certificate.serial.toString('hex').toUpperCase()}\n`,
    fingerprint: () =>
      `${sum === 'sha1' || sum === 'md5' ? sum.toUpperCase() : sum} Fingerprint=${colons(createHash(sum).update(certificate.der).digest())}\n`,
    modulus: () =>
      `Modulus=${modulusOf(certificate).toString('hex').toUpperCase() || 'No modulus for this public key type'}\n`,
    pubkey: () => pem('PUBLIC KEY', certificate.publicKey),
    email: () => emails(certificate),
    text: () => certificateWords(certificate),
    ext: () => extensions(ctx, certificate, given.get('ext') ?? ''),
  };
  let code = 0;
  for (const arg of args) ctx.out(shown[arg.replace(/^--?/, '')]?.() ?? '');
  const within = given.get('checkend');
  if (within !== undefined) {
    const expires = certificate.untilMs < ctx.th.nowMs + Number(within) * 1000;
    ctx.out(`Certificate will ${expires ? '' : 'not '}expire\n`);
    if (expires) code = 1;
  }
  const host = given.get('checkhost') ?? given.get('checkip');
  if (host !== undefined) {
    const what = given.has('checkip') ? 'IP' : 'Hostname';
    ctx.out(`${what} ${host} does ${matches(certificate, host) ? '' : 'NOT '}match certificate\n`);
  }
  if (given.has('noout')) return code;
  const whole =
    given.get('outform')?.toUpperCase() === 'DER' ? textOf(certificate.der) : pem('CERTIFICATE', certificate.der);
  const out = given.get('out');
  if (out === undefined) ctx.out(whole);
  else ctx.os.fs.write(ctx.path(out), whole);
  return code;
}

function emails(certificate: Certificate): string {
  const own = certificate.subject
    .filter(({ oid }) => oid === '1.2.840.113549.1.9.1')
    .map(({ value }) => value.toString());
  const others = alternativeNames(certificate).filter((name) => name.startsWith('email:'));
  return [...own, ...others.map((name) => name.slice(6))].map((one) => `${one}\n`).join('');
}

function extensions(ctx: CommandContext, certificate: Certificate, names: string): string {
  const wanted = names.split(',').map((name) => name.trim());
  const found = certificate.extensions.filter((one) => wanted.includes(extensionName(one)));
  if (found.length === 0) ctx.os.stderr.write('No extensions in certificate\n');
  return found.map((one) => extensionBlock(certificate, one, 0)).join('');
}

/** Whether a certificate is for a host or an address. */
function matches(certificate: Certificate, host: string): boolean {
  const names = alternativeNames(certificate);
  if (names.includes(`IP Address:${host}`)) return true;
  const dns = names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4).toLowerCase());
  const subject = certificate.subject
    .filter(({ oid }) => oid === '2.5.4.3')
    .map(({ value }) => value.toString().toLowerCase());
  const wanted = host.toLowerCase();
  return (dns.length > 0 ? dns : subject).some(
    (name) => name === wanted || (name.startsWith('*.') && wanted.replace(/^[^.]+/, '*') === name),
  );
}

function* dgst(ctx: CommandContext, name: string, args: readonly string[]): Task<number> {
  const flag = args.map((arg) => arg.replace(/^--?/, '')).find((word) => word in DIGESTS);
  const algorithm = name in DIGESTS ? name : (flag ?? 'sha256');
  const strange = args.find(
    (arg) => arg.startsWith('-') && !/^-(r|hex|binary|c)$/.test(arg) && !(arg.slice(1) in DIGESTS),
  );
  if (strange !== undefined) {
    ctx.os.stderr.write(`dgst: the option ${strange} is not supported here\n`);
    return 1;
  }
  const files = args.filter((arg) => !arg.startsWith('-'));
  let code = 0;
  for (const file of files.length > 0 ? files : [undefined]) {
    const bytes = yield* input(ctx, file);
    if (!bytes) {
      ctx.os.stderr.write(`${file}: No such file or directory\n`);
      code = 1;
      continue;
    }
    const sum = createHash(algorithm).update(bytes).digest();
    if (args.includes('-binary')) ctx.out(textOf(sum));
    else if (args.includes('-r')) ctx.out(`${sum.toString('hex')} *${file ?? 'stdin'}\n`);
    else ctx.out(`${DIGESTS[algorithm]}(${file ?? 'stdin'})= ${sum.toString('hex')}\n`);
  }
  return code;
}

function* rand(ctx: CommandContext, args: readonly string[]): Task<number> {
  const size = Number(args.find((arg) => !arg.startsWith('-')) ?? Number.NaN);
  if (!Number.isInteger(size) || size < 0) {
    ctx.os.stderr.write('rand: Use -help for summary.\n');
    return 1;
  }
  yield* ctx.th.sync();
  const bytes = Buffer.from(Uint8Array.from({ length: size }, () => ctx.os.rng.int(256)));
  if (args.includes('-hex')) ctx.out(`${bytes.toString('hex')}\n`);
  else if (args.includes('-base64')) ctx.out(folded(bytes, false));
  else ctx.out(textOf(bytes));
  return 0;
}

const folded = (bytes: Buffer, oneLine: boolean): string =>
  oneLine ? bytes.toString('base64') : bytes.toString('base64').replace(/.{1,64}/g, '$&\n');

function* base64(ctx: CommandContext, args: readonly string[]): Task<number> {
  const given = argumentsOf(args, ['in', 'out'], ['e', 'd', 'a', 'A', 'base64']);
  if (given.strange !== undefined) {
    ctx.os.stderr.write(`enc: the option -${given.strange} is not supported here\n`);
    return 1;
  }
  const bytes = yield* input(ctx, given.get('in'));
  if (!bytes) {
    ctx.os.stderr.write(`Can't open "${given.get('in')}" for reading, No such file or directory\n`);
    return 1;
  }
  const text = given.has('d') ? textOf(Buffer.from(bytes.toString('latin1'), 'base64')) : folded(bytes, given.has('A'));
  const out = given.get('out');
  if (out === undefined) ctx.out(text);
  else ctx.os.fs.write(ctx.path(out), text);
  return 0;
}

function* openssl(ctx: CommandContext): Task<number> {
  const [name = '', ...args] = ctx.args;
  if (name === 'version') {
    yield* ctx.th.sync();
    ctx.out(args.length === 0 ? VERSION : `${VERSION.trim()}\n`);
    return 0;
  }
  if (name === 'x509') return yield* x509(ctx, args);
  if (name === 's_client') return yield* connect(ctx, args);
  if (name === 'rand') return yield* rand(ctx, args);
  if (name === 'dgst' || name in DIGESTS) return yield* dgst(ctx, name, args);
  if (name === 'base64' || (name === 'enc' && args.some((arg) => /^-(base64|a|A)$/.test(arg))))
    return yield* base64(ctx, args);
  ctx.os.stderr.write(
    ABSENT.test(name) || name === 'enc'
      ? `openssl: ${name} is not supported here\n`
      : `Invalid command '${name}'; type "help" for a list.\n`,
  );
  return 1;
}

export const opensslCommands: Record<string, Command> = { openssl };
