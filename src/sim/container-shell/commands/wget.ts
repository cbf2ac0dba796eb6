import { byteLength } from '../../../core/bytes.ts';
import { isAddress } from '../../net/dns.ts';
import { type Conn, NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, type Options, readFile, value } from '../command.ts';
import { dial, reason } from './network.ts';

/** busybox's wget over the simulated network. Its words are recorded with busybox 1.35. */

const REDIRECTS_MAX = 5;

const LONG = {
  spider: 's',
  header: 'H',
  'no-check-certificate': 'n',
  timeout: 'T',
  'post-data': 'D',
  'post-file': 'F',
  'user-agent': 'U',
  'directory-prefix': 'P',
  quiet: 'q',
  'server-response': 'S',
  'output-document': 'O',
  tries: 't',
};

interface Url {
  scheme: string;
  host: string;
  port: number;
  /** Messages name the host as the URL does. */
  explicitPort: boolean;
  path: string;
}

function parseUrl(text: string): Url {
  const match = /^(?:(https?):\/\/)?([^/:]+)(?::(\d+))?(\/.*)?$/.exec(text);
  if (!match) throw new CommandError(`bad URL '${text}'`);
  const [, scheme = 'http', host = '', port, path = '/'] = match;
  return {
    scheme,
    host,
    port: Number(port ?? (scheme === 'https' ? 443 : 80)),
    explicitPort: port !== undefined,
    path,
  };
}

function* wget(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'qO:T:SsY:cP:U:t:H:D:F:n', LONG);
  if (options.rest.length === 0) throw new CommandError('missing URL');
  const quiet = options.flags.has('q');
  let url = parseUrl(options.rest[0] as string);
  let response: HttpResponse;
  for (let hops = 0; ; hops++) {
    response = yield* fetch(ctx, options, url);
    if (options.flags.has('S')) ctx.os.stderr.write(headerLines(response));
    const location = header(response, 'location');
    if (response.status < 300 || response.status >= 400 || location === undefined) break;
    if (hops === REDIRECTS_MAX) throw new CommandError('too many redirections');
    url = location.startsWith('/') ? { ...url, path: location } : parseUrl(location);
  }
  if (response.status >= 300)
    throw new CommandError(`server returned error: HTTP/1.1 ${response.status} ${reason(response.status)}`.trimEnd());
  if (options.flags.has('s')) {
    if (!quiet) ctx.os.stderr.write('remote file exists\n');
    return 0;
  }
  save(ctx, options, url.path, response.body, quiet);
  return 0;
}

function header(response: HttpResponse, name: string): string | undefined {
  return Object.entries(response.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function headerLines(response: HttpResponse): string {
  const lines = Object.entries(response.headers).map(([name, text]) => `  ${name}: ${text}\n`);
  return `  HTTP/1.1 ${response.status} ${reason(response.status)}\n${lines.join('')}  \n`;
}

function* fetch(ctx: CommandContext, options: Options, url: Url): Task<HttpResponse> {
  const timeoutMs = Number(value(options, 'T') ?? 900) * 1000;
  const conn = yield* connect(ctx, url, timeoutMs, options.flags.has('q'));
  if (url.scheme === 'https' && !options.flags.has('n')) ctx.err('note: TLS certificate validation not implemented');
  const file = value(options, 'F');
  const body = value(options, 'D') ?? (file === undefined ? undefined : readFile(ctx, file));
  const headers: Record<string, string> = {
    host: url.port === 80 ? url.host : `${url.host}:${url.port}`,
    'user-agent': value(options, 'U') ?? 'Wget',
    connection: 'close',
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  };
  for (const line of options.values.get('H') ?? []) {
    const [name = '', text = ''] = line.split(/:\s*(.*)/s);
    headers[name.toLowerCase()] = text;
  }
  const method = body === undefined ? (options.flags.has('s') ? 'HEAD' : 'GET') : 'POST';
  try {
    return yield* conn.request<HttpResponse>(
      ctx.th,
      { proto: 'http', kind: 'request', method, path: url.path, headers, body: body ?? '' },
      { timeoutMs },
    );
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new CommandError(
      error.code === 'ETIMEDOUT' ? 'download timed out' : 'error getting response: Connection reset by peer',
    );
  } finally {
    conn.close();
  }
}

function* connect(ctx: CommandContext, url: Url, timeoutMs: number, quiet: boolean): Task<Conn> {
  const { host, port } = url;
  let ip = host;
  if (!isAddress(host)) {
    try {
      ip = (yield* ctx.os.resolve(ctx.th, host))[0] as string;
    } catch (error) {
      if (error instanceof NetError)
        throw new CommandError(`bad address '${host}${url.explicitPort ? `:${port}` : ''}'`);
      throw error;
    }
  }
  if (!quiet) ctx.os.stderr.write(`Connecting to ${port === 80 ? host : `${host}:${port}`} (${ip}:${port})\n`);
  return yield* dial(ctx, ip, port, timeoutMs);
}

function save(ctx: CommandContext, options: Options, path: string, body: string, quiet: boolean): void {
  const file = value(options, 'O') ?? (path.split('?')[0]?.split('/').pop() || 'index.html');
  const progress = (name: string): string =>
    `${name.padEnd(21)}100% |********************************| ${String(byteLength(body)).padStart(5)}  0:00:00 ETA\n`;
  if (file === '-') {
    if (!quiet) ctx.os.stderr.write('writing to stdout\n');
    ctx.out(body);
    if (!quiet) ctx.os.stderr.write(`${progress('-')}written to stdout\n`);
    return;
  }
  const folder = value(options, 'P');
  const target = folder === undefined ? file : `${folder}/${file}`;
  ctx.os.fs.write(ctx.path(target), body);
  if (!quiet) ctx.os.stderr.write(`saving to '${target}'\n${progress(file)}'${target}' saved\n`);
}

export const wgetCommands: Record<string, Command> = { wget };
