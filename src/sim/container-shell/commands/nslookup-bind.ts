import { ask, candidates, type DnsAnswer, type DnsType, isAddress } from '../../net/dns.ts';
import type { Conn } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import { type Command, CommandError } from '../command.ts';
import { resolvConf } from './network.ts';

const TYPES: readonly string[] = ['A', 'AAAA', 'CNAME', 'PTR', 'SRV', 'TXT', 'ANY'];

const dotted = (name: string): string => (name.endsWith('.') ? name : `${name}.`);

function shown({ name, type, data }: DnsAnswer['answers'][number]): string {
  if (type === 'CNAME') return `${name}\tcanonical name = ${dotted(data)}\n`;
  if (type === 'PTR') return `${name}\tname = ${dotted(data)}\n`;
  if (type === 'SRV') return `${name}\tservice = ${dotted(data)}\n`;
  if (type === 'TXT') return `${name}\ttext = "${data}"\n`;
  return `Name:\t${name}\nAddress: ${data}\n`;
}

/** BIND's nslookup: the first name of the search list that exists, then its other types. */
export const nslookupBind: Command = function* nslookup(ctx) {
  const typeWord = ctx.args.map((arg) => /^-(?:type|querytype|query|q)=(.*)$/.exec(arg)?.[1]).find(Boolean);
  const type = typeWord?.toUpperCase();
  if (type !== undefined && !TYPES.includes(type)) throw new CommandError(`query type ${type} is not supported here`);
  const [host = '', given] = ctx.args.filter((arg) => !arg.startsWith('-'));
  if (host === '') throw new CommandError('the interactive mode is not supported here');
  const conf = resolvConf(ctx);
  let server = given ?? conf.nameservers[0] ?? '127.0.0.1';
  if (!isAddress(server)) server = (yield* ctx.os.resolve(ctx.th, server))[0] as string;
  const ns = { ip: '', nodeName: '', hosts: new Map<string, string>(), dns: { ...conf, nameservers: [server] } };
  const dial = (th: typeof ctx.th, ip: string, port: number): Task<Conn> =>
    ctx.os.dial(th, ip, port, { transport: 'udp' });
  const isReverse = isAddress(host);
  const names = isReverse ? [`${host.split('.').reverse().join('.')}.in-addr.arpa`] : candidates(host, conf);
  const [first, ...others] = (type ? [type] : isReverse ? ['PTR'] : ['A', 'AAAA']) as DnsType[];
  let name = '';
  let answer: DnsAnswer | undefined;
  for (name of names) {
    answer = yield* ask(ctx.th, ns, { name, type: first as DnsType }, dial);
    if (!answer) {
      ctx.out(';; connection timed out; no servers could be reached\n\n');
      return 1;
    }
    if (answer.rcode !== 'NXDOMAIN') break;
  }
  if (!answer) return 1;
  ctx.out(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
  if (answer.rcode !== 'NOERROR') {
    ctx.out(`** server can't find ${name}: ${answer.rcode}\n\n`);
    return 1;
  }
  if (!answer.authoritative) ctx.out('Non-authoritative answer:\n');
  const records = [...answer.answers];
  for (const other of others)
    records.push(
      ...((yield* ask(ctx.th, ns, { name, type: other }, dial))?.answers ?? []).filter((it) => it.type === other),
    );
  if (records.length === 0) ctx.out(`*** Can't find ${name}: No answer\n`);
  ctx.out(`${records.map(shown).join('')}\n`);
  return 0;
};
