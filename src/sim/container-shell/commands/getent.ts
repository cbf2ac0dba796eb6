import { ask, candidates, isAddress } from '../../net/dns.ts';
import type { Conn } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import type { Command, CommandContext } from '../command.ts';
import { resolvConf } from './network.ts';

/** glibc's status for a key that was not found. */
const NOT_FOUND = 2;

const line = (address: string, name: string): string => `${address.padEnd(15)} ${name}\n`;

/** Rows of /etc/hosts as address and names. */
function hostsFile({ os }: CommandContext): { address: string; names: string[] }[] {
  if (!os.fs.exists('/etc/hosts')) return [];
  return os.fs
    .read('/etc/hosts')
    .split('\n')
    .map((row) => row.replace(/#.*/, '').trim().split(/\s+/))
    .filter((words) => words.length > 1)
    .map(([address = '', ...names]) => ({ address, names }));
}

function* host(ctx: CommandContext, name: string): Task<string | undefined> {
  const known = hostsFile(ctx).find((row) => row.names.includes(name) || row.address === name);
  if (known) return line(known.address, known.names.join(' '));
  if (isAddress(name)) return undefined;
  const conf = resolvConf(ctx);
  const ns = { ip: '', nodeName: '', hosts: new Map<string, string>(), dns: conf };
  const dialUdp = (th: typeof ctx.th, ip: string, port: number): Task<Conn> =>
    ctx.os.dial(th, ip, port, { transport: 'udp' });
  for (const candidate of candidates(name, conf)) {
    const answer = yield* ask(ctx.th, ns, { name: candidate, type: 'A' }, dialUdp);
    if (!answer) return undefined;
    const found = answer.answers.filter(({ type }) => type === 'A');
    if (found.length > 0) return found.map(({ data }) => line(data, candidate)).join('');
  }
  return undefined;
}

function row(ctx: CommandContext, file: string, key: string): string | undefined {
  const rows = ctx.os.fs.exists(file) ? ctx.os.fs.read(file).trimEnd().split('\n') : [];
  const found = rows.find((text) => text.split(':')[0] === key || text.split(':')[2] === key);
  return found === undefined ? undefined : `${found}\n`;
}

/** glibc's getent: hosts, passwd and group by key; other databases are said to be unknown. */
export const getent: Command = function* getent(ctx) {
  const [database = '', ...keys] = ctx.args;
  let status = 0;
  for (const key of keys) {
    let text: string | undefined;
    if (database === 'hosts') text = yield* host(ctx, key);
    else if (database === 'passwd' || database === 'group') text = row(ctx, `/etc/${database}`, key);
    else {
      ctx.err(`Unknown database: ${database}\n`);
      return 1;
    }
    if (text === undefined) status = NOT_FOUND;
    else ctx.out(text);
  }
  if (keys.length > 0) return status;
  ctx.err(database === '' ? 'getent: wrong number of arguments\n' : `Enumeration not supported on ${database}\n`);
  return database === '' ? 1 : 3;
};
