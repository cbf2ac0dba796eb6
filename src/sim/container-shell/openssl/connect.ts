import { X509Certificate } from 'node:crypto';
import { byteLength, bytesOf } from '../../../core/bytes.ts';
import { isAddress } from '../../net/dns.ts';
import { NetError } from '../../net/net.ts';
import type { DataMessage, TlsOffer } from '../../net/protocols.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { type CommandContext, errnoText } from '../command.ts';
import { argumentsOf } from './arguments.ts';
import { type Certificate, derOf, readCertificate } from './certificate.ts';
import { algorithm, dateWords, modulusOf, nameWords } from './words.ts';

/** `openssl s_client`: what a server shows of itself when a connection begins. Nothing is said to it afterwards. */

const VALUED = [
  'connect',
  'servername',
  'CAfile',
  'CApath',
  'host',
  'port',
  'verify',
  'cert',
  'key',
  'verify_hostname',
  'alpn',
];
const FLAGS = [
  'showcerts',
  'brief',
  'quiet',
  'tls1_2',
  'tls1_3',
  'verify_return_error',
  'noservername',
  'no_ign_eof',
  'ign_eof',
  '4',
  '6',
];

const ERRNO: Record<string, [number: number, text: string]> = {
  ECONNREFUSED: [111, 'Connection refused'],
  ETIMEDOUT: [110, 'Connection timed out'],
  EHOSTUNREACH: [113, 'No route to host'],
  ENETUNREACH: [101, 'Network is unreachable'],
};
/** Where OpenSSL tells errors: a thread's number leads each line. */
const THREAD = '40F75C2A5E7F0000';

export function* connect(ctx: CommandContext, args: readonly string[]): Task<number> {
  const given = argumentsOf(args, VALUED, FLAGS);
  const say = (text: string): void => ctx.os.stderr.write(text);
  if (given.strange !== undefined) {
    say(`s_client: the option -${given.strange} is not supported here\n`);
    return 1;
  }
  const target =
    given.get('connect') ?? given.rest[0] ?? `${given.get('host') ?? 'localhost'}:${given.get('port') ?? 4433}`;
  const [, host = target, port = '4433'] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(target) ?? [];
  const authorities = given.get('CAfile') === undefined ? [] : authoritiesOf(ctx, given.get('CAfile') as string);
  if (!authorities) return 1;
  let offer: TlsOffer | undefined;
  try {
    const ip = isAddress(host) ? host : ((yield* ctx.os.resolve(ctx.th, host))[0] as string);
    const conn = yield* ctx.os.dial(ctx.th, ip, Number(port));
    ctx.out(given.has('brief') ? '' : 'CONNECTED(00000003)\n');
    try {
      const name = given.get('servername') ?? (isAddress(host) ? '' : host);
      const answer = yield* conn.request<DataMessage>(ctx.th, {
        proto: 'tls',
        kind: 'request',
        op: 'hello',
        data: { name },
      });
      if (answer.proto === 'tls') offer = answer.data as TlsOffer;
      else
        say(
          `${THREAD}:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:350:\n`,
        );
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      say(`write:errno=${ERRNO[error.code]?.[0] ?? 104}\n`);
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return refused(say, error);
  }
  if (!offer) {
    ctx.out(NOTHING);
    return 1;
  }
  const chain = offer.chain.map((pem) => readCertificate(derOf(bytesOf(pem)) as Buffer));
  const fault = verified(chain, authorities, ctx.th.nowMs);
  if (isAddress(host) && !given.has('servername')) say("Can't use SSL_get_servername\n");
  say(depths(chain, authorities, fault));
  ctx.out(given.has('brief') ? '' : report(offer, chain, fault, given.has('showcerts')));
  if (given.has('brief'))
    say(
      `CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\nCiphersuite: ${CIPHER}\nPeer certificate: ${nameWords(chain[0]?.subject ?? [])}\nVerification${fault ? ` error: ${fault[1]}` : ': OK'}\n`,
    );
  const rest = yield* ctx.stdin.readAll(ctx.th);
  if (rest.trim() !== '') {
    say('s_client: what follows the handshake is not carried here\n');
    return 1;
  }
  say('DONE\n');
  return given.has('verify_return_error') && fault ? 1 : 0;
}

function authoritiesOf(ctx: CommandContext, file: string): X509Certificate[] | undefined {
  try {
    const text = ctx.os.fs.read(ctx.path(file));
    return (text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    ctx.os.stderr.write(`Can't open ${file} for reading, ${errnoText(error)}\n`);
    return undefined;
  }
}

function refused(say: (text: string) => void, error: NetError): number {
  const [number, text] = ERRNO[error.code] ?? [0, ''];
  if (number === 0)
    say(
      `${THREAD}:error:10080002:BIO routines:BIO_lookup_ex:system lib:../crypto/bio/bio_addr.c:746:${error.code === 'EAI_AGAIN' ? 'Temporary failure in name resolution' : 'Name or service not known'}\nconnect:errno=0\n`,
    );
  else
    say(
      `${THREAD}:error:8000${number.toString(16).toUpperCase().padStart(4, '0')}:system library:BIO_connect:${text}:../crypto/bio/bio_sock2.c:117:calling connect()\n${THREAD}:error:10000067:BIO routines:BIO_connect:connect error:../crypto/bio/bio_sock2.c:119:\nconnect:errno=${number}\n`,
    );
  return 1;
}

type Fault = [number: number, text: string] | undefined;

/** What is wrong with a chain, in OpenSSL's numbers (X509_V_ERR_…). */
function verified(chain: readonly Certificate[], authorities: readonly X509Certificate[], nowMs: number): Fault {
  const last = new X509Certificate(chain.at(-1)?.der ?? Buffer.alloc(0));
  const own = last.checkIssued(last);
  const trusted = authorities.some((one) => last.checkIssued(one) && last.verify(one.publicKey));
  if (!trusted && own)
    return chain.length > 1 ? [19, 'self-signed certificate in certificate chain'] : [18, 'self-signed certificate'];
  if (!trusted)
    return chain.length > 1
      ? [20, 'unable to get local issuer certificate']
      : [21, 'unable to verify the first certificate'];
  if (chain.some(({ untilMs }) => untilMs < nowMs)) return [10, 'certificate has expired'];
  return undefined;
}

function depths(chain: readonly Certificate[], authorities: readonly X509Certificate[], fault: Fault): string {
  const first = nameWords(chain[0]?.subject ?? []);
  if (!fault) {
    const roots = authorities.length > 0 ? `depth=1 ${nameWords(chain.at(-1)?.issuer ?? [])}\nverify return:1\n` : '';
    return `${roots}depth=0 ${first}\nverify return:1\n`;
  }
  const missing =
    fault[0] === 21
      ? `depth=0 ${first}\nverify error:num=20:unable to get local issuer certificate\nverify return:1\n`
      : '';
  return `${missing}depth=0 ${first}\nverify error:num=${fault[0]}:${fault[1]}\nverify return:1\ndepth=0 ${first}\nverify return:1\n`;
}

const CIPHER = 'TLS_AES_128_GCM_SHA256';
const NEITHER =
  'Secure Renegotiation IS NOT supported\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nEarly data was not sent\n';
const NOTHING = `---\nno peer certificate available\n---\nNo client certificate CA names sent\n---\nSSL handshake has read 0 bytes and written 293 bytes\nVerification: OK\n---\nNew, (NONE), Cipher is (NONE)\n${NEITHER}Verify return code: 0 (ok)\n---\n`;
/** Bytes of a handshake beside the certificates. */
const HANDSHAKE_BYTES = 520;

function keyOf(certificate: Certificate): { name: string; bits: number } {
  const name = algorithm(certificate.keyAlgorithm);
  const modulus = modulusOf(certificate);
  if (modulus.length > 0) return { name, bits: modulus.length * 8 };
  return { name, bits: name === 'ED25519' ? 256 : Math.floor(certificate.keyBits.length / 2) * 8 };
}

function report(offer: TlsOffer, chain: readonly Certificate[], fault: Fault, all: boolean): string {
  const rows = chain.map((one, i) => {
    const { name, bits } = keyOf(one);
    const pem = all ? offer.chain[i] : '';
    return ` ${i} s:${nameWords(one.subject)}\n   i:${nameWords(one.issuer)}\n   a:PKEY: ${name}, ${bits} (bit); sigalg: ${algorithm(one.signatureAlgorithm)}\n   v:NotBefore: ${dateWords(one.fromMs)}; NotAfter: ${dateWords(one.untilMs)}\n${pem}`;
  });
  const [first] = chain as [Certificate];
  const names = offer.clientAuthorities;
  return [
    `---\nCertificate chain\n${rows.join('')}---\nServer certificate\n${all ? '' : offer.chain[0]}`,
    `subject=${nameWords(first.subject)}\nissuer=${nameWords(first.issuer)}\n---\n`,
    names.length > 0
      ? `Acceptable client certificate CA names\n${names.join('\n')}\n`
      : 'No client certificate CA names sent\n',
    `Peer signature type: ${algorithm(first.keyAlgorithm).toLowerCase()}\nServer Temp Key: X25519, 253 bits\n---\n`,
    `SSL handshake has read ${HANDSHAKE_BYTES + chain.reduce((sum, { der }) => sum + der.length, 0)} bytes and written ${300 + byteLength(names.join(''))} bytes\n`,
    `Verification${fault ? ` error: ${fault[1]}` : ': OK'}\n---\nNew, TLSv1.3, Cipher is ${CIPHER}\nServer public key is ${keyOf(first).bits} bit\n`,
    `${NEITHER}Verify return code: ${fault?.[0] ?? 0} (${fault?.[1] ?? 'ok'})\n---\n`,
  ].join('');
}
