import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';
import { gnuOptions } from './options.ts';

/** ip, ifconfig, netstat, route and arp in the words of iproute2 and net-tools. */

interface Interface {
  name: string;
  address: string;
  /** Bits of the network. */
  bits: number;
  mac: string;
  mtu: number;
}

const LOOPBACK: Interface = { name: 'lo', address: '127.0.0.1', bits: 8, mac: '00:00:00:00:00:00', mtu: 65_536 };

const number = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
const maskOf = (bits: number): string => dotted(2 ** 32 - 2 ** (32 - bits));
const networkOf = ({ address, bits }: Interface): string =>
  dotted(Math.floor(number(address) / 2 ** (32 - bits)) * 2 ** (32 - bits));
const broadcastOf = (one: Interface): string => dotted(number(networkOf(one)) + 2 ** (32 - one.bits) - 1);
const gatewayOf = (one: Interface): string => dotted(number(networkOf(one)) + 1);

/** The machine's interface beside the loopback. Nodes share a network of 16 bits, the pods of a node one of 24. */
export function ethernet(ctx: CommandContext): Interface {
  const { address } = ctx.os;
  const isNode = address.startsWith('172.');
  const hex = address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':');
  return { name: 'eth0', address, bits: isNode ? 16 : 24, mac: `${isNode ? '02:42' : '0a:58'}:${hex}`, mtu: 1500 };
}

export const isNear = (one: Interface, address: string): boolean => networkOf(one) === networkOf({ ...one, address });
export const routerOf = gatewayOf;

const CHANGES = /^(?:add|del|delete|set|change|replace|append|flush|up|down)$/;

function* ip(ctx: CommandContext): Task<number> {
  yield* ctx.th.sync();
  const flags = ctx.args.filter((arg) => arg.startsWith('-'));
  const [object = '', ...words] = ctx.args.filter((arg) => !arg.startsWith('-'));
  const strange = flags.find(
    (flag) => !/^-(4|6|o|oneline|br|brief|c|color.*|s|stats|statistics|d|details|N|r|h)$/.test(flag),
  );
  if (/^-(j|json|p|pretty)$/.test(strange ?? '')) throw new CommandError('JSON output is not supported here', 1);
  if (strange !== undefined) {
    ctx.os.stderr.write(`Option "${strange}" is unknown, try "ip -help".\n`);
    return 255;
  }
  const is = (name: string): boolean => object !== '' && name.startsWith(object);
  if (words.some((word) => CHANGES.test(word))) {
    ctx.os.stderr.write('RTNETLINK answers: Operation not permitted\n');
    return 2;
  }
  const brief = flags.some((flag) => flag.startsWith('-br'));
  const v6 = flags.includes('-6');
  if (is('address') || is('link')) return interfaces(ctx, words, is('address'), brief, v6);
  if (is('route')) return routes(ctx, words, v6);
  if (is('neighbour') || is('neighbor') || object === 'arp') return 0;
  if (is('rule')) {
    ctx.out('0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n');
    return 0;
  }
  if (object === '') ctx.os.stderr.write('Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n');
  else ctx.os.stderr.write(`Object "${object}" is unknown, try "ip help".\n`);
  return 255;
}

function interfaces(
  ctx: CommandContext,
  words: readonly string[],
  addresses: boolean,
  brief: boolean,
  v6: boolean,
): number {
  const wanted = words.filter((word) => !/^(?:show|list|sh|ls|lst|dev|up)$/.test(word)).at(-1);
  const all = [LOOPBACK, ethernet(ctx)];
  const shown = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (shown.length === 0) {
    ctx.os.stderr.write(`Device "${wanted}" does not exist.\n`);
    return 1;
  }
  if (v6 && addresses) return 0;
  for (const one of shown) ctx.out(brief ? briefly(one, addresses) : whole(one, all.indexOf(one) + 1, addresses));
  return 0;
}

const isLoopback = ({ name }: Interface): boolean => name === 'lo';
const linked = (one: Interface): string => (isLoopback(one) ? 'lo' : `${one.name}@if27`);

function briefly(one: Interface, addresses: boolean): string {
  const flags = isLoopback(one) ? '<LOOPBACK,UP,LOWER_UP>' : '<BROADCAST,MULTICAST,UP,LOWER_UP>';
  const what = addresses ? `${one.address}/${one.bits}` : `${one.mac} ${flags}`;
  return `${linked(one).padEnd(16)} ${(isLoopback(one) ? 'UNKNOWN' : 'UP').padEnd(14)} ${what} \n`;
}

function whole(one: Interface, index: number, addresses: boolean): string {
  const loop = isLoopback(one);
  const flags = loop ? 'LOOPBACK,UP,LOWER_UP' : 'BROADCAST,MULTICAST,UP,LOWER_UP';
  const mode = addresses ? '' : 'mode DEFAULT ';
  const head = `${index}: ${linked(one)}: <${flags}> mtu ${one.mtu} qdisc noqueue state ${loop ? 'UNKNOWN' : 'UP'} ${mode}group default ${loop ? 'qlen 1000' : ''}\n`;
  const link = `    link/${loop ? 'loopback' : 'ether'} ${one.mac} brd ${loop ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff link-netnsid 0'}\n`;
  if (!addresses) return head + link;
  const scope = loop ? 'scope host lo' : `brd ${broadcastOf(one)} scope global ${one.name}`;
  return `${head}${link}    inet ${one.address}/${one.bits} ${scope}\n       valid_lft forever preferred_lft forever\n`;
}

function routes(ctx: CommandContext, words: readonly string[], v6: boolean): number {
  const one = ethernet(ctx);
  if (words[0] === 'get') {
    const to = words[1] ?? '';
    if (!/^\d+(\.\d+){3}$/.test(to)) {
      ctx.os.stderr.write(`Error: any valid prefix is expected rather than "${to}".\n`);
      return 1;
    }
    const own = to === one.address || to.startsWith('127.');
    const via = own || isNear(one, to) ? '' : ` via ${gatewayOf(one)}`;
    const way = own ? `local ${to} dev lo src ${to}` : `${to}${via} dev ${one.name} src ${one.address}`;
    ctx.out(`${way} uid ${ctx.os.uid} \n    cache ${own ? '<local> ' : ''}\n`);
    return 0;
  }
  if (v6) return 0;
  const near = `${networkOf(one)}/${one.bits} dev ${one.name} proto kernel scope link src ${one.address} \n`;
  const first = words.find((word) => !/^(?:show|list|ls|sh)$/.test(word));
  if (first === undefined) ctx.out(`default via ${gatewayOf(one)} dev ${one.name} \n${near}`);
  else if (first === 'default') ctx.out(`default via ${gatewayOf(one)} dev ${one.name} \n`);
  else throw new CommandError(`route ${words.join(' ')} is not supported here`);
  return 0;
}

function* ifconfig(ctx: CommandContext): Task<number> {
  yield* ctx.th.sync();
  const names = ctx.args.filter((arg) => arg !== '-a');
  if (names.length > 1) throw new CommandError('SIOCSIFFLAGS: Operation not permitted', 255);
  const all = [ethernet(ctx), LOOPBACK];
  const shown = all.filter(({ name }) => names.length === 0 || name === names[0]);
  if (shown.length === 0) {
    ctx.os.stderr.write(`${names[0]}: error fetching interface information: Device not found\n`);
    return 1;
  }
  for (const one of shown) {
    const loop = isLoopback(one);
    const flags = loop ? '73<UP,LOOPBACK,RUNNING>' : '4163<UP,BROADCAST,RUNNING,MULTICAST>';
    const link = loop ? 'loop  txqueuelen 1000  (Local Loopback)' : `ether ${one.mac}  txqueuelen 0  (Ethernet)`;
    const broadcast = loop ? '' : `  broadcast ${broadcastOf(one)}`;
    ctx.out(
      `${one.name}: flags=${flags}  mtu ${one.mtu}\n        inet ${one.address}  netmask ${maskOf(one.bits)}${broadcast}\n        ${link}\n` +
        '        RX packets 0  bytes 0 (0.0 B)\n        RX errors 0  dropped 0  overruns 0  frame 0\n' +
        '        TX packets 0  bytes 0 (0.0 B)\n        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n',
    );
  }
  return 0;
}

const LONG = {
  all: 'a',
  listening: 'l',
  numeric: 'n',
  programs: 'p',
  tcp: 't',
  udp: 'u',
  route: 'r',
  interfaces: 'i',
  statistics: 's',
  extend: 'e',
  wide: 'W',
};

function* netstat(ctx: CommandContext): Task<number> {
  const { flags } = gnuOptions('netstat', ctx.args, 'alnptureisxwWo46c', LONG, { code: 4 });
  yield* ctx.th.sync();
  if (flags.has('c') || flags.has('s'))
    throw new CommandError(`-${flags.has('c') ? 'c' : 's'} is not supported here`, 4);
  if (flags.has('r')) {
    table(ctx, '  MSS Window  irtt Iface', '      0 0          0');
    return 0;
  }
  if (flags.has('i')) {
    ctx.out(
      'Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n',
    );
    for (const one of [ethernet(ctx), LOOPBACK])
      ctx.out(
        `${one.name.padEnd(16)} ${String(one.mtu).padStart(5)}        0      0      0 0             0      0      0      0 ${isLoopback(one) ? 'LRU' : 'BMRU'}\n`,
      );
    return 0;
  }
  const internet = flags.has('t') || flags.has('u') || !flags.has('x');
  const kind = flags.has('l') ? 'only servers' : flags.has('a') ? 'servers and established' : 'w/o servers';
  if (internet) sockets(ctx, flags, kind);
  if (!flags.has('t') && !flags.has('u'))
    ctx.out(
      `Active UNIX domain sockets (${kind})\nProto RefCnt Flags       Type       State         I-Node   ${flags.has('p') ? 'PID/Program name     ' : ''}Path\n`,
    );
  return 0;
}

function sockets(ctx: CommandContext, flags: ReadonlySet<string>, kind: string): void {
  const program = flags.has('p');
  ctx.out(
    `Active Internet connections (${kind})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${program ? ' PID/Program name    ' : ''}\n`,
  );
  if (!flags.has('l') && !flags.has('a')) return;
  const both = !flags.has('t') && !flags.has('u');
  const rows = ctx.os.listeners().map((row) => ({ transport: 'tcp', ...row }));
  rows.sort((a, b) => (a.transport < b.transport ? -1 : a.transport > b.transport ? 1 : 0));
  for (const { ip, port, transport } of rows) {
    if (!both && !flags.has(transport === 'udp' ? 'u' : 't')) continue;
    const state = transport === 'udp' ? '' : 'LISTEN';
    ctx.out(
      `${transport.padEnd(5)}      0      0 ${`${ip}:${port}`.padEnd(23)} ${'0.0.0.0:*'.padEnd(23)} ${state.padEnd(11)}${program ? ` ${'-'.padEnd(20)}` : ''}\n`,
    );
  }
}

function table(ctx: CommandContext, titles: string, cells: string): void {
  const one = ethernet(ctx);
  const row = (to: string, via: string, mask: string, flags: string): string =>
    `${to.padEnd(15)} ${via.padEnd(15)} ${mask.padEnd(15)} ${flags.padEnd(5)} ${cells.slice(2)} ${one.name}\n`;
  ctx.out(
    `Kernel IP routing table\nDestination     Gateway         Genmask         Flags ${titles}\n${row('0.0.0.0', gatewayOf(one), '0.0.0.0', 'UG')}${row(networkOf(one), '0.0.0.0', maskOf(one.bits), 'U')}`,
  );
}

function* route(ctx: CommandContext): Task<number> {
  yield* ctx.th.sync();
  if (ctx.args.some((arg) => /^(add|del)$/.test(arg))) {
    ctx.os.stderr.write('SIOCADDRT: Operation not permitted\n');
    return 7;
  }
  table(ctx, 'Metric Ref    Use Iface', '  0      0        0');
  return 0;
}

function* arp(ctx: CommandContext): Task<number> {
  const options = gnuOptions('arp', ctx.args, 'nave', {}, { code: 4 });
  yield* ctx.th.sync();
  const [host] = options.rest;
  if (host !== undefined) ctx.out(`${host} (${host}) -- no entry\n`);
  return host === undefined ? 0 : 1;
}

export const interfaceCommands: Record<string, Command> = { ip, ifconfig, netstat, route, arp };
