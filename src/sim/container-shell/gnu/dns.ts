import { ask, candidates, type DnsAnswer, type DnsType, isAddress } from '../../net/dns.ts';
import type { Task } from '../../process/task.ts';
import type { Command, CommandContext } from '../command.ts';
import { resolvConf } from '../commands/network.ts';
import { strftime } from '../commands/strftime.ts';

/** dig, host and nslookup of bind9-dnsutils 9.18. */

const TYPES = new Set(['A', 'AAAA', 'CNAME', 'PTR', 'SRV', 'TXT', 'ANY']);

interface Query {
  ctx: CommandContext;
  server: string;
  name: string;
  type: DnsType;
  timeoutMs?: number;
}

function* query({ ctx, server, name, type, timeoutMs }: Query): Task<DnsAnswer | undefined> {
  const ns = {
    ip: ctx.os.address,
    nodeName: '',
    hosts: new Map<string, string>(),
    dns: { nameservers: [server], searches: [], ndots: 1 },
  };
  const dial = (th: typeof ctx.th, ip: string, port: number) => ctx.os.dial(th, ip, port, { transport: 'udp' });
  return yield* ask(ctx.th, ns, { name: name.replace(/\.$/, ''), type }, dial, timeoutMs);
}

const reversed = (ip: string): string => `${ip.split('.').reverse().join('.')}.in-addr.arpa`;
const dotted = (name: string): string => (name.endsWith('.') ? name : `${name}.`);
const dataOf = ({ type, data }: DnsAnswer['answers'][number]): string =>
  type === 'TXT' ? `"${data}"` : type === 'CNAME' || type === 'PTR' ? dotted(data) : data;

function* dig(ctx: CommandContext): Task<number> {
  let server = resolvConf(ctx).nameservers[0] ?? '127.0.0.1';
  let name: string | undefined;
  let type: DnsType = 'A';
  const options = new Set<string>();
  let timeoutMs: number | undefined;
  let searches = false;
  for (let i = 0; i < ctx.args.length; i++) {
    const arg = ctx.args[i] as string;
    if (arg.startsWith('@')) server = arg.slice(1);
    else if (arg.startsWith('+')) {
      const [option = '', number] = arg.slice(1).split('=');
      if (option === 'time') timeoutMs = Number(number) * 1000;
      else if (option === 'search') searches = true;
      else options.add(option);
    } else if (arg === '-x') {
      name = reversed(ctx.args[++i] ?? '');
      type = 'PTR';
    } else if (arg === '-t') type = (ctx.args[++i] ?? 'A').toUpperCase() as DnsType;
    else if (TYPES.has(arg.toUpperCase())) type = arg.toUpperCase() as DnsType;
    else if (!arg.startsWith('-') && !/^(IN|CH)$/.test(arg)) name ??= arg;
  }
  const asked = name ?? '.';
  const banner = `; <<>> DiG 9.18.33-1~deb12u2-Debian <<>> ${ctx.args.join(' ')}\n`;
  if (!isAddress(server)) server = (yield* ctx.os.resolve(ctx.th, server))[0] as string;
  const startUs = ctx.th.nowUs;
  let answer: DnsAnswer | undefined;
  const names = searches ? candidates(asked, resolvConf(ctx)) : [asked];
  let last = asked;
  for (const one of names) {
    last = one;
    answer = yield* query({ ctx, server, name: one, type, timeoutMs });
    if (!answer || answer.answers.length > 0) break;
  }
  if (!answer) {
    if (!options.has('short')) ctx.out(`\n${banner}`);
    ctx.out(`;; communications error to ${server}#53: timed out\n`.repeat(3));
    ctx.out(';; no servers could be reached\n\n');
    return 9;
  }
  if (options.has('short')) {
    for (const record of answer.answers) ctx.out(`${dataOf(record)}\n`);
    return 0;
  }
  full(ctx, { answer, banner, server, name: last, type, options, ms: Math.round((ctx.th.nowUs - startUs) / 1000) });
  return 0;
}

interface Shown {
  answer: DnsAnswer;
  banner: string;
  server: string;
  name: string;
  type: DnsType;
  options: Set<string>;
  ms: number;
}

function full(ctx: CommandContext, { answer, banner, server, name, type, options, ms }: Shown): void {
  const rows = answer.answers.map(
    (record) => `${dotted(record.name)}\t\t${record.ttl}\tIN\t${record.type}\t${dataOf(record)}\n`,
  );
  if (options.has('noall')) {
    if (options.has('answer')) ctx.out(rows.join(''));
    return;
  }
  const id = ctx.os.rng.int(65_536);
  const flags = answer.authoritative ? 'qr aa rd' : 'qr rd ra';
  ctx.out(
    `\n${banner};; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${answer.rcode}, id: ${id}\n` +
      `;; flags: ${flags}; QUERY: 1, ANSWER: ${rows.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n` +
      `;; QUESTION SECTION:\n;${dotted(name)}\t\tIN\t${type}\n\n${rows.length > 0 ? `;; ANSWER SECTION:\n${rows.join('')}\n` : ''}` +
      `;; Query time: ${ms} msec\n;; SERVER: ${server}#53(${server}) (UDP)\n;; WHEN: ${strftime('%a %b %d %H:%M:%S UTC %Y', ctx.th.nowMs)}\n;; MSG SIZE  rcvd: ${60 + 30 * rows.length}\n\n`,
  );
}

function* host(ctx: CommandContext): Task<number> {
  const words = ctx.args.filter((arg, i) => !arg.startsWith('-') && !/^-[tWRN]$/.test(ctx.args[i - 1] ?? ''));
  const at = ctx.args.indexOf('-t');
  const [name = '', given] = words;
  if (name === '') {
    ctx.os.stderr.write(
      'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n',
    );
    return 1;
  }
  const conf = resolvConf(ctx);
  const server = given ?? conf.nameservers[0] ?? '127.0.0.1';
  const asked = isAddress(name) ? [reversed(name)] : candidates(name, conf);
  const types: DnsType[] = isAddress(name)
    ? ['PTR']
    : at >= 0
      ? [(ctx.args[at + 1] ?? 'A').toUpperCase() as DnsType]
      : ['A', 'AAAA'];
  let rcode = 'NXDOMAIN';
  for (const one of asked) {
    let any = false;
    for (const type of types) {
      const answer = yield* query({ ctx, server, name: one, type });
      if (!answer) {
        ctx.out(`;; communications error to ${server}#53: timed out\n`.repeat(2));
        ctx.out(';; no servers could be reached\n');
        return 1;
      }
      rcode = answer.rcode;
      for (const record of answer.answers) {
        any = true;
        const words = {
          A: 'has address',
          AAAA: 'has IPv6 address',
          CNAME: 'is an alias for',
          PTR: 'domain name pointer',
          SRV: 'has SRV record',
          TXT: 'descriptive text',
        };
        ctx.out(`${record.name.replace(/\.$/, '')} ${words[record.type as 'A'] ?? record.type} ${dataOf(record)}\n`);
      }
    }
    if (any) return 0;
  }
  ctx.out(
    `Host ${isAddress(name) ? `${reversed(name)}.` : name} not found: ${rcode === 'NXDOMAIN' ? '3(NXDOMAIN)' : '2(SERVFAIL)'}\n`,
  );
  return 1;
}

export const dnsCommands: Record<string, Command> = { dig, host };
