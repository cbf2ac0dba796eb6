import { isAddress } from '../../net/dns.ts';
import { type Conn, NetError } from '../../net/net.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, value } from '../command.ts';
import { networkCommands, rawText } from './network.ts';

/** OpenBSD's nc as Debian and Alpine package it (netcat-openbsd): it says nothing unless `-v` asks for it. */

const FAILED: Record<string, string> = {
  ECONNREFUSED: 'failed: Connection refused',
  ETIMEDOUT: 'timed out: Operation in progress',
  EHOSTUNREACH: 'failed: Host is unreachable',
  ENETUNREACH: 'failed: Network unreachable',
};
const SERVICES: Record<string, string> = { 22: 'ssh', 53: 'domain', 80: 'http', 443: 'https' };

/** Over UDP nothing tells whether an answer will come; without `-w` nc waits for ever. */
const FOREVER_MS = 24 * 3_600_000;

type Options = ReturnType<typeof getopt>;

function* opened(ctx: CommandContext, options: Options, waitMs: number | undefined): Task<Conn | undefined> {
  const [host = '', port = ''] = options.rest;
  const transport = options.flags.has('u') ? 'udp' : 'tcp';
  const says = (text: string): void => {
    if (options.flags.has('v')) ctx.os.stderr.write(text);
  };
  let address = host;
  try {
    if (!isAddress(host)) address = (yield* ctx.os.resolve(ctx.th, host))[0] as string;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new CommandError(`getaddrinfo for host "${host}" port ${port}: Name does not resolve`);
  }
  const shown = address === host ? host : `${host} (${address})`;
  try {
    const conn = yield* ctx.os.dial(ctx.th, address, Number(port), { transport, timeoutMs: waitMs });
    says(`Connection to ${shown} ${port} port [${transport}/${SERVICES[port] ?? '*'}] succeeded!\n`);
    return conn;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    says(`nc: connect to ${shown} port ${port} (${transport}) ${FAILED[error.code] ?? `failed: ${error.code}`}\n`);
    return undefined;
  }
}

export const ncOpenbsd: Command = function* nc(ctx) {
  const options = getopt(ctx.args, '46dklnNtuvzi:p:q:s:w:');
  if (options.flags.has('l')) return yield* (networkCommands['nc'] as Command)(ctx);
  const seconds = value(options, 'w');
  const waitMs = seconds === undefined ? undefined : Number(seconds) * 1000;
  const conn = yield* opened(ctx, options, waitMs);
  if (!conn) return 1;
  const udp = options.flags.has('u');
  try {
    if (options.flags.has('z')) return 0;
    const { th } = ctx;
    for (let text = yield* ctx.stdin.read(th); text !== undefined; text = yield* ctx.stdin.read(th)) {
      const message = { proto: 'raw', kind: 'request', data: text, bytes: text.length } as const;
      ctx.out(rawText(yield* conn.request(th, message, udp ? { timeoutMs: waitMs ?? FOREVER_MS } : {})));
    }
    // over UDP nobody hangs up: nc goes when nothing has come for as long as it was told to wait
    if (udp) yield* th.sleep(waitMs ?? FOREVER_MS);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (udp && error.code === 'ECONNREFUSED') return 1;
  } finally {
    conn.close();
  }
  return 0;
};
