import { isAddress } from '../../net/dns.ts';
import { NetError } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, value } from '../command.ts';
import { ethernet, isNear, routerOf } from './interfaces.ts';
import { gnuOptions } from './options.ts';

/** ping of iputils and traceroute. */

const UNKNOWN: Record<string, string> = {
  EAI_AGAIN: 'Temporary failure in name resolution',
  ENOTFOUND: 'Name or service not known',
};

/** The address of a host, or why there is none. */
function* lookup(ctx: CommandContext, host: string): Task<{ ip: string } | { why: string }> {
  if (isAddress(host)) return { ip: host };
  try {
    return { ip: (yield* ctx.os.resolve(ctx.th, host))[0] as string };
  } catch (error) {
    if (error instanceof NetError) return { why: UNKNOWN[error.code] ?? 'Name or service not known' };
    throw error;
  }
}

/** There is no ICMP here: a closed port's refusal shows as well as an answer that the host is up. */
function* echo(ctx: CommandContext, ip: string, timeoutMs: number): Task<'answer' | 'unreachable' | 'silence'> {
  ctx.th.spend(20 + ctx.os.rng.int(40));
  try {
    const conn = yield* ctx.os.dial(ctx.th, ip, 1, { timeoutMs });
    conn.close();
    return 'answer';
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ECONNREFUSED') return 'answer';
    return error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH' ? 'unreachable' : 'silence';
  }
}

const precise = (ms: number): string =>
  ms < 1 ? ms.toFixed(3) : ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : String(Math.round(ms));

function* ping(ctx: CommandContext): Task<number> {
  const options = gnuOptions('ping', ctx.args, 'c:i:W:w:qn46s:t:I:DOv', {}, { code: 2 });
  const [host] = options.rest;
  if (host === undefined) throw new CommandError('usage error: Destination address required', 1);
  const count = Number(value(options, 'c') ?? Number.POSITIVE_INFINITY);
  if (!(count > 0))
    throw new CommandError(
      `invalid argument: '${value(options, 'c')}': out of range: 1 <= value <= 9223372036854775807`,
      1,
    );
  const found = yield* lookup(ctx, host);
  if ('why' in found) throw new CommandError(`${host}: ${found.why}`, 2);
  const { ip } = found;
  const size = Number(value(options, 's') ?? 56);
  const endMs = ctx.th.nowMs + Number(value(options, 'w') ?? Number.POSITIVE_INFINITY) * 1000;
  const pauseMs = Number(value(options, 'i') ?? 1) * 1000;
  const from = isAddress(host) || options.flags.has('n') ? ip : `${ip} (${ip})`;
  ctx.out(`PING ${host} (${ip}) ${size}(${size + 28}) bytes of data.\n`);
  const times: number[] = [];
  const startedMs = ctx.th.nowMs;
  let sent = 0;
  let errors = 0;
  while (sent < count && ctx.th.nowMs < endMs) {
    const beforeUs = ctx.th.nowUs;
    sent++;
    const got = yield* echo(ctx, ip, Number(value(options, 'W') ?? 1) * 1000);
    const ms = (ctx.th.nowUs - beforeUs) / 1000;
    const quiet = options.flags.has('q');
    if (got === 'answer') {
      times.push(ms);
      if (!quiet) ctx.out(`${size + 8} bytes from ${from}: icmp_seq=${sent} ttl=64 time=${precise(ms)} ms\n`);
    } else if (got === 'unreachable') {
      errors++;
      if (!quiet) ctx.out(`From ${ctx.os.address} icmp_seq=${sent} Destination Host Unreachable\n`);
    }
    if (sent < count) yield* ctx.th.sleep(Math.max(0, pauseMs - (ctx.th.nowUs - beforeUs) / 1000));
  }
  yield* ctx.th.sync();
  const lost = Math.round((100 * (sent - times.length)) / Math.max(1, sent));
  ctx.out(
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${errors > 0 ? `+${errors} errors, ` : ''}${lost}% packet loss, time ${ctx.th.nowMs - startedMs}ms\n`,
  );
  ctx.out(times.length > 0 ? summary(times) : '\n');
  return times.length > 0 ? 0 : 1;
}

function summary(times: readonly number[]): string {
  const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
  const deviation = Math.sqrt(Math.max(0, times.reduce((sum, one) => sum + one * one, 0) / times.length - mean * mean));
  const shown = [Math.min(...times), mean, Math.max(...times), deviation].map((one) => one.toFixed(3));
  return `rtt min/avg/max/mdev = ${shown.join('/')} ms\n`;
}

const PROBES = 3;

function* traceroute(ctx: CommandContext): Task<number> {
  const options = gnuOptions('traceroute', ctx.args, 'nm:w:q:f:p:ITU46N:', { 'max-hops': 'm' }, { code: 2 });
  const [host] = options.rest;
  if (host === undefined) throw new CommandError('usage: traceroute [options] host [packetlen]', 2);
  const found = yield* lookup(ctx, host);
  if ('why' in found) {
    ctx.os.stderr.write(
      `${host}: ${found.why}\nCannot handle "host" cmdline arg \`${host}' on position 1 (argc ${ctx.args.indexOf(host) + 1})\n`,
    );
    return 2;
  }
  const { ip } = found;
  const hops = Number(value(options, 'm') ?? 30);
  ctx.out(`traceroute to ${host} (${ip}), ${hops} hops max, 60 byte packets\n`);
  const own = ethernet(ctx);
  const near = isNear(own, ip) || ip.startsWith('127.');
  const named = (address: string): string => (options.flags.has('n') ? address : `${address} (${address})`);
  const probes = Number(value(options, 'q') ?? PROBES);
  for (let hop = 1; hop <= hops; hop++) {
    const isGateway = hop === 1 && !near;
    const at = isGateway ? routerOf(own) : ip;
    const times: string[] = [];
    for (let i = 0; i < probes; i++) {
      const beforeUs = ctx.th.nowUs;
      if (isGateway) ctx.th.spend(30 + ctx.os.rng.int(40));
      const got = isGateway ? 'answer' : yield* echo(ctx, ip, Number(value(options, 'w') ?? 5) * 1000);
      if (got === 'answer') times.push(`${((ctx.th.nowUs - beforeUs) / 1000).toFixed(3)} ms`);
    }
    ctx.out(
      `${String(hop).padStart(2)}  ${times.length === 0 ? Array(probes).fill('*').join(' ') : `${named(at)}  ${times.join('  ')}`}\n`,
    );
    if (!isGateway && times.length > 0) break;
  }
  yield* ctx.th.sync();
  return 0;
}

export const echoCommands: Record<string, Command> = { ping, traceroute };
