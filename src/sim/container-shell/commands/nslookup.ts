import { ask, candidates, type DnsAnswer, type DnsType, isAddress } from '../../net/dns.ts';
import type { Conn } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { resolvConf } from './network.ts';

/** busybox's nslookup (the big one): order and words recorded with busybox 1.35. */

const TYPES: readonly string[] = ['a', 'aaaa', 'cname', 'ptr', 'srv', 'txt', 'any'];

/** Types that busybox's nslookup asks for and the simulated servers have no records of. */
const UNKNOWN_HERE: readonly string[] = ['soa', 'ns', 'mx'];

function queryTypes(ctx: CommandContext): DnsType[] {
  const types: DnsType[] = [];
  for (const arg of ctx.args.filter((word) => word.startsWith('-'))) {
    const name = /^-(?:type|querytype|query|q)=(.*)$/.exec(arg)?.[1];
    if (name === undefined) {
      if (arg === '-debug') continue;
      throw new CommandError(`invalid option "${arg}"`);
    }
    const type = name.toLowerCase();
    if (UNKNOWN_HERE.includes(type)) throw new CommandError(`query type "${name}" is not supported here`);
    if (!TYPES.includes(type)) throw new CommandError(`invalid query type "${name}"`);
    types.push(type.toUpperCase() as DnsType);
  }
  return types;
}

function shown(record: DnsAnswer['answers'][number]): string {
  const { name, type, data } = record;
  if (type === 'CNAME') return `${name}\tcanonical name = ${data}\n`;
  if (type === 'PTR') return `${name}\tname = ${data.replace(/\.$/, '')}\n`;
  if (type === 'SRV') return `${name}\tservice = ${data.replace(/\.$/, '')}\n`;
  if (type === 'TXT') return `${name}\ttext = "${data}"\n`;
  return `Name:\t${name}\nAddress: ${data}\n`;
}

function* nslookup(ctx: CommandContext): Task<number> {
  const asked = queryTypes(ctx);
  const [host = '', given] = ctx.args.filter((arg) => !arg.startsWith('-'));
  const conf = resolvConf(ctx);
  let server = given ?? conf.nameservers[0] ?? '127.0.0.1';
  if (!isAddress(server)) server = (yield* ctx.os.resolve(ctx.th, server))[0] as string;
  const ns = { ip: '', nodeName: '', hosts: new Map<string, string>(), dns: { ...conf, nameservers: [server] } };
  const dialUdp = (th: typeof ctx.th, ip: string, port: number): Task<Conn> =>
    ctx.os.dial(th, ip, port, { transport: 'udp' });
  const reverse = isAddress(host);
  const names = reverse
    ? [`${host.split('.').reverse().join('.')}.in-addr.arpa`]
    : host.includes('.')
      ? [host]
      : candidates(host, { ...conf, ndots: Number.POSITIVE_INFINITY }).slice(0, -1);
  const types: DnsType[] = asked.length > 0 ? asked : reverse ? ['PTR'] : ['A', 'AAAA'];
  const results: { name: string; answer: DnsAnswer }[] = [];
  for (const type of types) {
    for (const name of names.length > 0 ? names : [host]) {
      const answer = yield* ask(ctx.th, ns, { name, type }, dialUdp);
      if (!answer) {
        ctx.out(';; connection timed out; no servers could be reached\n\n');
        return 1;
      }
      results.push({ name, answer });
    }
  }
  ctx.out(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  let failed = false;
  for (const { name, answer } of results) {
    if (answer.rcode === 'NOERROR') ctx.out(`${answer.answers.map(shown).join('')}\n`);
    else {
      ctx.out(`** server can't find ${name}: ${answer.rcode}\n\n`);
      failed = true;
    }
  }
  return failed && !results.some(({ answer }) => answer.answers.length > 0) ? 1 : 0;
}

export const nslookupCommands: Record<string, Command> = { nslookup };
