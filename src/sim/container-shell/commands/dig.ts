import { ask, candidates, type DnsAnswer, type DnsType, isAddress } from '../../net/dns.ts';
import type { Conn } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import type { Command, CommandContext } from '../command.ts';
import { resolvConf } from './network.ts';
import { strftime } from './strftime.ts';

/** BIND's dig: what it asks and how it lays out the answer (lib/dns/masterdump.c's columns, bin/dig/dighost.c's sections). */

const TYPES: readonly string[] = ['A', 'AAAA', 'CNAME', 'PTR', 'SRV', 'TXT', 'ANY'];
/** Types that dig knows and the simulated servers have no records of. */
const UNKNOWN_HERE: readonly string[] = ['SOA', 'NS', 'MX', 'CAA', 'DS', 'DNSKEY', 'AXFR'];
const SECTIONS = ['cmd', 'comments', 'question', 'answer', 'authority', 'additional', 'stats'] as const;
type Section = (typeof SECTIONS)[number];

/** No server answered. */
const UNANSWERED = 9;
const DEFAULT_PORT = 53;
const TIMEOUT_MS = 5_000;

class UsageError extends Error {}

interface Request {
  server?: string;
  port: number;
  names: { name: string; type: DnsType }[];
  shown: Set<Section>;
  short: boolean;
  search: boolean;
  tcp: boolean;
  timeoutMs: number;
}

function recordType(word: string): DnsType | undefined {
  const type = word.toUpperCase();
  if (UNKNOWN_HERE.includes(type)) throw new UsageError(`query type ${type} is not supported here`);
  return TYPES.includes(type) ? (type as DnsType) : undefined;
}

const reverse = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

function setOption(request: Request, word: string): void {
  const [, no, name = '', value] = /^\+(no)?([a-z]+)(?:=(.*))?$/.exec(word) ?? [];
  const on = no === undefined;
  if (name === 'all') request.shown = new Set(on ? SECTIONS : []);
  else if ((SECTIONS as readonly string[]).includes(name)) {
    if (on) request.shown.add(name as Section);
    else request.shown.delete(name as Section);
  } else if (name === 'short') {
    request.short = on;
  } else if (name === 'search' || name === 'defname') request.search = on;
  else if (name === 'tcp' || name === 'vc') request.tcp = on;
  else if (['time', 'timeout'].includes(name) && value) request.timeoutMs = Math.max(1, Number(value)) * 1000;
  else if (!['tries', 'retry', 'ndots', 'recurse', 'edns', 'cookie', 'dnssec', 'aaflag'].includes(name))
    throw new UsageError(`Invalid option: ${word}`);
}

function parse(args: string[]): Request {
  const request: Request = {
    port: DEFAULT_PORT,
    names: [],
    shown: new Set(SECTIONS),
    short: false,
    search: false,
    tcp: false,
    timeoutMs: TIMEOUT_MS,
  };
  let type: DnsType | undefined;
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const flag = /^-([txqpc])(.*)$/.exec(word);
    const value = flag ? flag[2] || (words.shift() ?? '') : '';
    const known = flag || word.startsWith('-') ? undefined : recordType(word);
    const last = request.names.at(-1);
    if (word.startsWith('@')) request.server = word.slice(1);
    else if (word.startsWith('+')) setOption(request, word);
    else if (flag?.[1] === 'p') request.port = Number(value);
    else if (flag?.[1] === 'x') request.names.push({ name: reverse(value), type: 'PTR' });
    else if (flag?.[1] === 'q') request.names.push({ name: value, type: type ?? 'A' });
    else if (flag?.[1] === 't' || known) {
      type = known ?? recordType(value);
      if (!type) throw new UsageError(`Warning, ignoring invalid type ${value}`);
      if (last) last.type = type;
    } else if (flag?.[1] === 'c' || ['-4', '-u', '-r'].includes(word) || word.toUpperCase() === 'IN') continue;
    else if (word.startsWith('-')) throw new UsageError(`Invalid option: ${word}`);
    else request.names.push({ name: word, type: type ?? 'A' });
  }
  if (request.names.length === 0) throw new UsageError('query type NS is not supported here');
  return request;
}

/** Moves from one column to another with tabs as far as they go; at least one space. */
function indent(from: number, to: number): string {
  const end = to < from + 1 ? from + 1 : to;
  const tabs = Math.floor(end / 8) - Math.floor(from / 8);
  return tabs > 0 ? '\t'.repeat(tabs) + ' '.repeat(end % 8) : ' '.repeat(end - from);
}

function columns(cells: readonly [text: string, column: number][]): string {
  let line = '';
  let at = 0;
  for (const [text, column] of cells) {
    if (line !== '') {
      line += indent(at, column);
      at = Math.max(at + 1, column);
    }
    line += text;
    at += text.length;
  }
  return `${line}\n`;
}

type DnsRecord = DnsAnswer['answers'][number];

const dotted = (name: string): string => (name.endsWith('.') ? name : `${name}.`);
const dataOf = ({ type, data }: DnsRecord): string =>
  type === 'TXT' ? JSON.stringify(data) : ['CNAME', 'PTR', 'SRV'].includes(type) ? dotted(data) : data;

const row = (record: DnsRecord): string =>
  columns([
    [dotted(record.name), 0],
    [String(record.ttl), 24],
    ['IN', 32],
    [record.type, 40],
    [dataOf(record), 48],
  ]);

/** Bytes of the message without compression, as CoreDNS sends short ones. */
function messageBytes(name: string, answers: readonly DnsRecord[]): number {
  const nameBytes = (text: string): number => dotted(text).length + 1;
  const dataBytes = (record: DnsRecord): number =>
    record.type === 'A'
      ? 4
      : record.type === 'SRV'
        ? 6 + nameBytes(record.data.split(' ')[3] ?? '')
        : nameBytes(record.data);
  const records = answers.reduce((sum, record) => sum + nameBytes(record.name) + 10 + dataBytes(record), 0);
  return 12 + nameBytes(name) + 4 + records + 23;
}

interface Reply {
  name: string;
  type: DnsType;
  answer: DnsAnswer;
  server: string;
  tookMs: number;
}

function render(ctx: CommandContext, request: Request, version: string, reply: Reply): string {
  const { answer, name, server, type } = reply;
  const { shown } = request;
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => ctx.os.rng.int(16).toString(16)).join('');
  let out = '';
  if (shown.has('comments')) {
    const flags = `qr${answer.authoritative ? ' aa' : ''} rd${answer.authoritative ? '' : ' ra'}`;
    out += `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${answer.rcode}, id: ${ctx.os.rng.int(65_536)}\n`;
    out += `;; flags: ${flags}; QUERY: 1, ANSWER: ${answer.answers.length}, AUTHORITY: 0, ADDITIONAL: 1\n`;
    if (answer.authoritative) out += ';; WARNING: recursion requested but not available\n';
    out += `\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n; COOKIE: ${hex(16)} (echoed)\n`;
  }
  if (shown.has('question')) {
    if (shown.has('comments')) out += ';; QUESTION SECTION:\n';
    out += `;${columns([
      [dotted(name), 0],
      ['IN', 32],
      [type, 40],
    ])}\n`;
  }
  if (shown.has('answer') && answer.answers.length > 0) {
    if (shown.has('comments')) out += ';; ANSWER SECTION:\n';
    out += answer.answers.map(row).join('') + (shown.has('comments') ? '\n' : '');
  }
  if (shown.has('stats')) {
    out += `;; Query time: ${Math.floor(reply.tookMs)} msec\n`;
    out += `;; SERVER: ${server}#${request.port}(${server}) (${request.tcp ? 'TCP' : 'UDP'})\n`;
    out += `;; WHEN: ${strftime('%a %b %d %H:%M:%S UTC %Y', ctx.th.nowUs / 1000)}\n`;
    out += `;; MSG SIZE  rcvd: ${messageBytes(name, answer.answers)}\n\n`;
  }
  const banner = `\n; <<>> DiG ${version} <<>> ${ctx.args.join(' ')}\n;; global options: +cmd\n`;
  return (shown.has('cmd') ? banner : '') + out;
}

function* query(ctx: CommandContext, request: Request, name: string, type: DnsType): Task<Reply | undefined> {
  const conf = resolvConf(ctx);
  let server = request.server ?? conf.nameservers[0] ?? '127.0.0.1';
  if (!isAddress(server)) server = (yield* ctx.os.resolve(ctx.th, server))[0] as string;
  const ns = { ip: '', nodeName: '', hosts: new Map<string, string>(), dns: { ...conf, nameservers: [server] } };
  const transport = request.tcp ? 'tcp' : 'udp';
  const dial = (th: typeof ctx.th, ip: string): Task<Conn> =>
    ctx.os.dial(th, ip, request.port, { transport, timeoutMs: request.timeoutMs });
  const names = request.search ? candidates(name, conf) : [name.replace(/\.$/, '')];
  const startUs = ctx.th.nowUs;
  let reply: Reply | undefined;
  for (const candidate of names) {
    const answer = yield* ask(ctx.th, ns, { name: candidate, type }, dial, request.timeoutMs);
    if (!answer) return undefined;
    reply = { name: candidate, type, answer, server, tookMs: (ctx.th.nowUs - startUs) / 1000 };
    if (answer.rcode !== 'NXDOMAIN') break;
  }
  return reply;
}

/** dig of a version of BIND, which its first line names. */
export const digOf = (version: string): Command =>
  function* dig(ctx) {
    let request: Request;
    try {
      request = parse(ctx.args);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      ctx.os.stderr.write(`${error.message}\n`);
      return 1;
    }
    for (const { name, type } of request.names) {
      const reply = yield* query(ctx, request, name, type);
      if (!reply) {
        ctx.out(';; connection timed out; no servers could be reached\n');
        return UNANSWERED;
      }
      if (request.short) ctx.out(reply.answer.answers.map((record) => `${dataOf(record)}\n`).join(''));
      else ctx.out(render(ctx, request, version, reply));
    }
    return 0;
  };
