import { type Command, type CommandContext, getopt, value } from '../../container-shell/command.ts';
import { reason } from '../../container-shell/commands/network.ts';
import { baseFiles, busyboxPrograms, CommandError, program } from '../../container-shell/index.ts';
import { isAddress } from '../../net/dns.ts';
import { type Conn, NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Task } from '../../process/task.ts';
import { ALPINE_RELEASE } from '../alpine/alpine.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

const LONG = {
  silent: 's',
  'show-error': 'S',
  verbose: 'v',
  include: 'i',
  head: 'I',
  output: 'o',
  request: 'X',
  header: 'H',
  data: 'd',
  'max-time': 'm',
  'connect-timeout': 'y',
  fail: 'f',
  location: 'L',
  insecure: 'k',
  'write-out': 'w',
  user: 'u',
  globoff: 'g',
  disable: 'q',
  interface: 'n',
  'user-agent': 'A',
  'no-buffer': 'N',
  'no-progress-meter': '#',
  ipv4: '4',
};

/** Letters as curl spells them, and `n` and `y` for options that have long names only; with `:` those that take a value. */
const SHORT = 'sSviIo:X:H:d:m:y:fLkw:u:gqn:A:N#4';

/** The curl of containers: HTTP over the simulated network, with curl's exit codes. */
const curl: Command = function* (ctx) {
  const options = optionsOf(ctx);
  if (!options) return 2;
  const url = /^(?:(https?):\/\/)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?(?:#.*)?$/.exec(options.rest[0] ?? '');
  if (!url) throw fail(3, 'URL rejected: No host part in the URL');
  const [, scheme = 'http', host = '', portText, given = '/'] = url;
  const path = given.startsWith('?') ? `/${given}` : given;
  const port = Number(portText ?? (scheme === 'https' ? 443 : 80));
  const quiet = options.flags.has('s') && !options.flags.has('S');
  const limit = value(options, 'm');
  const startMs = ctx.th.nowUs / 1000;
  let response: HttpResponse;
  try {
    bindTo(ctx, value(options, 'n'));
    const conn = yield* connect(ctx, host, port, Number(value(options, 'y') ?? limit ?? 300) * 1000);
    response = yield* exchange(ctx, conn, options, `${host}${portText ? `:${port}` : ''}`, path, limit, startMs);
  } catch (error) {
    if (!(error instanceof CurlFailure)) throw error;
    if (!quiet) ctx.os.stderr.write(`curl: (${error.code}) ${error.message}\n`);
    return error.code;
  }
  if (options.flags.has('f') && response.status >= 400) {
    if (!quiet) ctx.os.stderr.write(`curl: (22) The requested URL returned error: ${response.status}\n`);
    return 22;
  }
  const headers = `HTTP/1.1 ${response.status} ${reason(response.status)}\r\n${Object.entries(response.headers)
    .map(([name, text]) => `${name}: ${text}\r\n`)
    .join('')}\r\n`;
  const text =
    (options.flags.has('i') || options.flags.has('I') ? headers : '') + (options.flags.has('I') ? '' : response.body);
  const file = value(options, 'o');
  if (file === undefined) ctx.out(text);
  else ctx.os.fs.write(ctx.path(file), text);
  const elapsed = ((ctx.th.nowUs / 1000 - startMs) / 1000).toFixed(6);
  ctx.out(
    (value(options, 'w') ?? '')
      .replace('%{http_code}', String(response.status))
      .replace('%{time_total}', elapsed)
      .replaceAll('\\n', '\n'),
  );
  return 0;
};

/** undefined when an option is unknown, which is said. */
function optionsOf(ctx: CommandContext): ReturnType<typeof getopt> | undefined {
  try {
    return getopt(ctx.args, SHORT, LONG);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const [, letter, word] = /(?:'(.)'|: (.*))$/.exec(error.message) ?? [];
    const needs = error.message.includes('requires') ? 'requires parameter' : 'is unknown';
    ctx.os.stderr.write(`curl: option ${letter ? `-${letter}` : `--${word}`}: ${needs}\n`);
    ctx.os.stderr.write("curl: try 'curl --help' or 'curl --manual' for more information\n");
    return undefined;
  }
}

class CurlFailure extends CommandError {}

function fail(code: number, text: string): CurlFailure {
  return new CurlFailure(text, code);
}

/** `--interface`: an interface or an address of this machine; a connection leaves from its only address anyhow. */
function bindTo(ctx: CommandContext, name: string | undefined): void {
  if (name === undefined || ['lo', 'eth0', '127.0.0.1', ctx.os.address].includes(name)) return;
  if (isAddress(name)) throw fail(45, 'bind failed with errno 99: Address not available');
  throw fail(45, `Couldn't bind to '${name}'`);
}

function* connect(ctx: CommandContext, host: string, port: number, timeoutMs: number): Task<Conn> {
  const startUs = ctx.th.nowUs;
  const elapsed = (): number => Math.round((ctx.th.nowUs - startUs) / 1000);
  try {
    if (!isAddress(host)) yield* ctx.os.resolve(ctx.th, host);
    return yield* ctx.os.dial(ctx.th, host, port, { timeoutMs });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') throw fail(6, `Could not resolve host: ${host}`);
    if (error.code === 'ETIMEDOUT') throw fail(28, `Connection timed out after ${elapsed()} milliseconds`);
    throw fail(7, `Failed to connect to ${host} port ${port} after ${elapsed()} ms: Could not connect to server`);
  }
}

function* exchange(
  ctx: CommandContext,
  conn: Conn,
  options: ReturnType<typeof getopt>,
  host: string,
  path: string,
  limit: string | undefined,
  startMs: number,
): Task<HttpResponse> {
  const data = value(options, 'd');
  const method = value(options, 'X') ?? (options.flags.has('I') ? 'HEAD' : data === undefined ? 'GET' : 'POST');
  const headers: Record<string, string> = { host, 'user-agent': value(options, 'A') ?? 'curl/8.9.1', accept: '*/*' };
  for (const header of options.values.get('H') ?? []) {
    const [name = '', text = ''] = header.split(/:\s*(.*)/s);
    headers[name.toLowerCase()] = text;
  }
  const timeoutMs =
    limit === undefined ? undefined : Math.max(1, Number(limit) * 1000 - (ctx.th.nowUs / 1000 - startMs));
  try {
    return yield* conn.request<HttpResponse>(
      ctx.th,
      { proto: 'http', kind: 'request', method, path, headers, body: data ?? '' },
      { timeoutMs },
    );
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ETIMEDOUT')
      throw fail(
        28,
        `Operation timed out after ${Math.round(ctx.th.nowUs / 1000 - startMs)} milliseconds with 0 bytes received`,
      );
    throw fail(52, 'Empty reply from server');
  } finally {
    conn.close();
  }
}

export const curlProgram = program(curl);

export const curlImage: ImageDef = {
  repository: 'docker.io/curlimages/curl',
  tags: ['latest', '8.9.1', '8.8.0', '7.88.1'],
  sizeBytes: 9_482_611,
  digest: digestOf('docker.io/curlimages/curl'),
  config: {
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    uid: 100,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  },
  files: {
    ...baseFiles(ALPINE_RELEASE),
    '/entrypoint.sh': {
      mode: 0o755,
      content:
        '#!/bin/sh\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ]; then\n  set -- curl "$@"\nfi\nexec "$@"\n',
    },
  },
  programs: { ...busyboxPrograms(), '/usr/bin/curl': curlProgram },
};
