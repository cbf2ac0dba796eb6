import { isAddress } from '../../net/dns.ts';
import { type Conn, NetError, type Server } from '../../net/net.ts';
import type { Message } from '../../net/protocols.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, value } from '../command.ts';

/** Network commands in busybox's words. */

const CONNECT: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
};

export function* dial(ctx: CommandContext, host: string, port: number, timeoutMs?: number): Task<Conn> {
  let address = host;
  try {
    if (!isAddress(host)) address = (yield* ctx.os.resolve(ctx.th, host))[0] as string;
  } catch (error) {
    if (error instanceof NetError) throw new CommandError(`bad address '${host}'`);
    throw error;
  }
  try {
    return yield* ctx.os.dial(ctx.th, address, port, { timeoutMs });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ETIMEDOUT' && timeoutMs !== undefined)
      throw new CommandError(ctx.name === 'wget' ? 'download timed out' : 'timed out');
    throw new CommandError(`can't connect to remote host (${address}): ${CONNECT[error.code] ?? error.code}`);
  }
}

function* nc(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'lw:p:vzi:nuk', {}, false);
  if (options.flags.has('l')) return yield* ncListen(ctx, Number(value(options, 'p') ?? options.rest.at(-1)));
  const [host = '', port = ''] = options.rest;
  const wait = value(options, 'w');
  const conn = yield* dial(ctx, host, Number(port), wait === undefined ? undefined : Number(wait) * 1000);
  if (options.flags.has('z')) {
    if (options.flags.has('v')) ctx.os.stderr.write(`${host} (${conn.remote.ip}:${port}) open\n`);
    conn.close();
    return 0;
  }
  try {
    for (let text = yield* ctx.stdin.read(ctx.th); text !== undefined; text = yield* ctx.stdin.read(ctx.th)) {
      const answer = yield* conn.request(ctx.th, { proto: 'raw', kind: 'request', data: text, bytes: text.length });
      ctx.out(rawText(answer));
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
  conn.close();
  return 0;
}

export function rawText(message: Message): string {
  if (message.proto === 'raw') return message.data;
  if (message.proto !== 'http' || message.kind !== 'response') return '';
  const response = message;
  const headers = Object.entries(response.headers).map(([name, text]) => `${name}: ${text}\r\n`);
  return `HTTP/1.1 ${response.status} \r\n${headers.join('')}\r\n${response.body}`;
}

function* ncListen(ctx: CommandContext, port: number): Task<number> {
  let over = false;
  const server: Server = {
    close() {
      over = true;
    },
    handle: function* (th, message) {
      ctx.out(rawText(message));
      th.spend(10);
      return { proto: 'raw', kind: 'response', data: '' };
    },
  };
  const listener = ctx.os.listen(port, server);
  while (!over) yield* ctx.th.sleep(200);
  listener.close();
  return 0;
}

const REASONS: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function reason(status: number): string {
  return REASONS[status] ?? '';
}

export function resolvConf(ctx: CommandContext): { nameservers: string[]; searches: string[]; ndots: number } {
  const text = ctx.os.fs.exists('/etc/resolv.conf') ? ctx.os.fs.read('/etc/resolv.conf') : '';
  return {
    nameservers: [...text.matchAll(/^nameserver (\S+)/gm)].map((match) => match[1] as string),
    searches: /^search (.*)/m.exec(text)?.[1]?.split(/\s+/).filter(Boolean) ?? [],
    ndots: Number(/ndots:(\d+)/.exec(text)?.[1] ?? 1),
  };
}

function* netstat(ctx: CommandContext): Task<number> {
  const listeners = ctx.os.listeners();
  ctx.out(
    'Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       \n',
  );
  for (const { ip, port, transport } of listeners) {
    const tcp = transport !== 'udp';
    ctx.out(
      `${tcp ? 'tcp' : 'udp'}        0      0 ${`${ip}:${port}`.padEnd(23)} ${'0.0.0.0:*'.padEnd(23)} ${tcp ? 'LISTEN      ' : '            '}\n`,
    );
  }
  yield* ctx.th.sync();
  return 0;
}

function* ping(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'c:w:W:i:q46');
  const host = options.rest[0] ?? '';
  let ip = host;
  try {
    ip = (yield* ctx.os.resolve(ctx.th, host))[0] as string;
  } catch (error) {
    if (error instanceof NetError) throw new CommandError(`bad address '${host}'`);
    throw error;
  }
  const count = Number(value(options, 'c') ?? Number.POSITIVE_INFINITY);
  ctx.out(`PING ${host} (${ip}): 56 data bytes\n`);
  let received = 0;
  const times: number[] = [];
  let sent = 0;
  for (; sent < count; sent++) {
    const before = ctx.th.nowUs;
    if (yield* echoed(ctx, ip)) {
      const ms = (ctx.th.nowUs - before) / 1000;
      times.push(ms);
      received++;
      ctx.out(`64 bytes from ${ip}: seq=${sent} ttl=64 time=${ms.toFixed(3)} ms\n`);
    }
    if (sent + 1 < count) yield* ctx.th.sleep(Math.max(0, 1000 - (ctx.th.nowUs - before) / 1000));
  }
  ctx.out(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${Math.round(100 * (1 - received / sent))}% packet loss\n`,
  );
  if (received > 0)
    ctx.out(
      `round-trip min/avg/max = ${Math.min(...times).toFixed(3)}/${(times.reduce((a, b) => a + b, 0) / received).toFixed(3)}/${Math.max(...times).toFixed(3)} ms\n`,
    );
  return received > 0 ? 0 : 1;
}

/** There is no ICMP here: a closed port's refusal shows as well as an answer that the host is up. */
function* echoed(ctx: CommandContext, ip: string): Task<boolean> {
  try {
    const conn = yield* ctx.os.dial(ctx.th, ip, 1, { timeoutMs: 1000 });
    conn.close();
    return true;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return error.code === 'ECONNREFUSED';
  }
}

function* ip(ctx: CommandContext): Task<number> {
  const what = ctx.args.find((arg) => !arg.startsWith('-')) ?? 'addr';
  yield* ctx.th.sync();
  if (what.startsWith('r')) {
    const gateway = ctx.os.address.replace(/\.\d+$/, '.1');
    ctx.out(
      `default via ${gateway} dev eth0 \n${ctx.os.address.replace(/\.\d+$/, '.0')}/24 dev eth0 scope link  src ${ctx.os.address} \n`,
    );
    return 0;
  }
  const changes = ctx.args.find((arg) => /^(?:add|del|delete|set|change|replace)$/.test(arg));
  if (changes !== undefined) throw new CommandError('RTNETLINK answers: Operation not permitted', 2);
  if (!what.startsWith('a') && !what.startsWith('l')) throw new CommandError(`can't find '${what}'`);
  ctx.out(
    `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n` +
      `2: eth0@if27: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \n    link/ether ${mac(ctx.os.address).toLowerCase()} brd ff:ff:ff:ff:ff:ff\n    inet ${ctx.os.address}/24 brd ${ctx.os.address.replace(/\.\d+$/, '.255')} scope global eth0\n       valid_lft forever preferred_lft forever\n`,
  );
  return 0;
}

function mac(address: string): string {
  return `0A:58:${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase())
    .join(':')}`;
}

function* ifconfig(ctx: CommandContext): Task<number> {
  yield* ctx.th.sync();
  ctx.out(
    `eth0      Link encap:Ethernet  HWaddr ${mac(ctx.os.address)}  \n          inet addr:${ctx.os.address}  Bcast:${ctx.os.address.replace(/\.\d+$/, '.255')}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n` +
      'lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n',
  );
  return 0;
}

export const networkCommands: Record<string, Command> = { nc, netstat, ping, ip, ifconfig };
