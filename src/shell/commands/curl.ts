import { byteLength, bytesOf } from '../../core/bytes.ts';
import { own } from '../../core/own.ts';
import { type ShellHttpResponse, ShellNetworkError } from '../network.ts';
import { type CommandBody, type CommandSetup, result, utf8 } from './command.ts';

interface Request {
  urls: string[];
  method?: string;
  headers: [string, string][];
  data: string[];
  output?: string;
  remoteName: boolean;
  writeOut?: string;
  connectMs: number;
  totalMs: number;
  flags: Set<string>;
}

/** long name → letter; `=` marks flags with a value. */
const LONG: Record<string, string> = {
  silent: 's',
  'show-error': 'S',
  include: 'i',
  head: 'I',
  verbose: 'v',
  location: 'L',
  insecure: 'k',
  fail: 'f',
  'fail-with-body': 'f',
  compressed: '',
  http1: '',
  'http1.1': '',
  get: 'G',
  'no-progress-meter': 's',
  'remote-name': 'O',
  ipv4: '',
  globoff: '',
  'no-buffer': 'N',
  output: 'o=',
  'write-out': 'w=',
  request: 'X=',
  header: 'H=',
  data: 'd=',
  'data-raw': 'd=',
  'data-binary': 'b=',
  'data-urlencode': 'e=',
  json: 'j=',
  user: 'u=',
  'max-time': 'm=',
  'connect-timeout': 'c=',
  'user-agent': 'A=',
  url: 'U=',
  retry: '_=',
  'retry-delay': '_=',
  'max-redirs': '_=',
  cacert: '_=',
  referer: 'R=',
  resolve: '_=',
  noproxy: '_=',
};
const VALUED = 'owXHdumAR';

async function fileOr(value: string, ctx: Parameters<CommandBody>[1], strip: boolean): Promise<string> {
  if (!value.startsWith('@')) return value;
  const text = value === '@-' ? utf8(ctx.stdin) : await ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, value.slice(1)));
  return strip ? text.replace(/[\r\n]/g, '') : text;
}

async function parse(args: string[], ctx: Parameters<CommandBody>[1]): Promise<Request | string> {
  const out: Request = {
    urls: [],
    headers: [],
    data: [],
    connectMs: 130_000,
    totalMs: Number.POSITIVE_INFINITY,
    remoteName: false,
    flags: new Set(),
  };
  const set = async (letter: string, value: string): Promise<void> => {
    if (letter === 'o') out.output = value;
    else if (letter === 'w') out.writeOut = await fileOr(value, ctx, false);
    else if (letter === 'X') out.method = value;
    else if (letter === 'H')
      out.headers.push([value.split(':')[0]!.trim(), value.slice(value.indexOf(':') + 1).trim()]);
    else if (letter === 'd') out.data.push(await fileOr(value, ctx, true));
    else if (letter === 'b') out.data.push(await fileOr(value, ctx, false));
    else if (letter === 'e')
      out.data.push(
        value.includes('=')
          ? `${value.slice(0, value.indexOf('=') + 1)}${encodeURIComponent(value.slice(value.indexOf('=') + 1))}`
          : encodeURIComponent(value),
      );
    else if (letter === 'j') {
      out.data.push(await fileOr(value, ctx, false));
      out.headers.push(['Content-Type', 'application/json'], ['Accept', 'application/json']);
    } else if (letter === 'u') out.headers.push(['Authorization', `Basic ${bytesOf(value).toString('base64')}`]);
    else if (letter === 'm') out.totalMs = Number(value) * 1000;
    else if (letter === 'c') out.connectMs = Number(value) * 1000;
    else if (letter === 'A') out.headers.push(['User-Agent', value]);
    else if (letter === 'R') out.headers.push(['Referer', value]);
    else if (letter === 'U') out.urls.push(value);
  };
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    if (arg.startsWith('--')) {
      const letter = own(LONG, arg.slice(2));
      if (letter === undefined)
        return `curl: option ${arg}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`;
      if (letter.endsWith('=')) await set(letter[0]!, queue.shift() ?? '');
      else if (letter !== '') out.flags.add(letter);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let i = 1; i < arg.length; i++) {
        const letter = arg[i]!;
        if (VALUED.includes(letter)) {
          await set(letter, arg.slice(i + 1) || (queue.shift() ?? ''));
          break;
        }
        if (!'sSiIvLkfGO4gN#'.includes(letter))
          return `curl: option -${letter}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n`;
        out.flags.add(letter);
      }
    } else out.urls.push(arg);
  }
  return out;
}

const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** curl's exit code and message for a failed transfer (curl 7.88, `curl --manual` EXIT CODES). */
function failure(
  error: ShellNetworkError,
  host: string,
  port: number,
  elapsed: number,
): { code: number; text: string } {
  const spent = `after ${Math.round(elapsed)} ms`;
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { code: 6, text: `Could not resolve host: ${host}` };
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { code: 7, text: `Failed to connect to ${host} port ${port} ${spent}: Couldn't connect to server` };
    case 'ETIMEDOUT':
      return { code: 28, text: `Failed to connect to ${host} port ${port} ${spent}: Timeout was reached` };
    case 'TIMEOUT_REPLY':
      return { code: 28, text: `Operation timed out ${spent.replace(' ms', ' milliseconds')} with 0 bytes received` };
    case 'EMPTY_REPLY':
      return { code: 52, text: 'Empty reply from server' };
    case 'TLS':
      return { code: 35, text: error.message };
    case 'ECONNRESET':
      return { code: 56, text: 'Recv failure: Connection reset by peer' };
  }
}

function head(response: ShellHttpResponse): string {
  const text = response.statusText ?? REASONS[response.status] ?? '';
  const lines = Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${response.status} ${text}\r\n${lines.join('')}\r\n`;
}

function writeOut(
  format: string,
  response: ShellHttpResponse | undefined,
  url: string,
  elapsedMs: number,
  code: number,
): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(6);
  const values: Record<string, string> = {
    http_code: String(response?.status ?? 0).padStart(3, '0'),
    response_code: String(response?.status ?? 0).padStart(3, '0'),
    time_total: seconds(elapsedMs),
    time_connect: seconds(response?.connectMs ?? 0),
    time_namelookup: '0.000000',
    time_starttransfer: seconds(elapsedMs),
    size_download: String(byteLength(response?.body ?? '')),
    remote_ip: response?.ip ?? '',
    url_effective: url,
    content_type: header(response, 'content-type'),
    exitcode: String(code),
    num_redirects: '0',
    time_pretransfer: seconds(response?.connectMs ?? 0),
  };
  return format
    .replace(/%\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\r', '\r');
}

interface Outcome {
  response?: ShellHttpResponse;
  error?: { code: number; text: string };
  elapsedMs: number;
  url: string;
  log: string;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    return undefined;
  }
}

async function transfer(request: Request, first: string, setup: CommandSetup): Promise<Outcome> {
  const started = setup.time.now();
  const body = request.data.length > 0 && !request.flags.has('G') ? request.data.join('&') : undefined;
  let text =
    request.flags.has('G') && request.data.length > 0
      ? `${first}${first.includes('?') ? '&' : '?'}${request.data.join('&')}`
      : first;
  let log = '';
  for (let hop = 0; ; hop++) {
    const url = parseUrl(text);
    if (!url)
      return { error: { code: 3, text: 'URL using bad/illegal format or missing URL' }, elapsedMs: 0, url: text, log };
    const scheme = url.protocol.slice(0, -1);
    if (scheme !== 'http' && scheme !== 'https')
      return {
        error: { code: 1, text: `Protocol "${scheme}" not supported or disabled in libcurl` },
        elapsedMs: 0,
        url: text,
        log,
      };
    const port = Number(url.port) || (scheme === 'https' ? 443 : 80);
    const method = request.method ?? (request.flags.has('I') ? 'HEAD' : body === undefined ? 'GET' : 'POST');
    const headers: Record<string, string> = { host: url.host, 'user-agent': 'curl/7.88.1', accept: '*/*' };
    if (body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    for (const [name, value] of request.headers) headers[name.toLowerCase()] = value;
    const timeoutMs = Math.min(request.totalMs, setup.time.deadline - setup.time.now());
    log += `*   Trying ${url.hostname}:${port}...\n`;
    try {
      const response = await setup.network.http({
        scheme,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port,
        method,
        path: `${url.pathname}${url.search}`,
        headers,
        body,
        connectTimeoutMs: Math.min(request.connectMs, timeoutMs),
        timeoutMs,
      });
      log += `* Connected to ${url.hostname} (${response.ip ?? url.hostname}) port ${port} (#0)\n> ${method} ${url.pathname}${url.search} HTTP/1.1\n> Host: ${url.host}\n> User-Agent: ${headers['user-agent']}\n> Accept: ${headers.accept}\n> \n${head(
        response,
      )
        .trimEnd()
        .split('\r\n')
        .map((line) => `< ${line}\n`)
        .join('')}< \n`;
      const location = response.headers.location;
      if (request.flags.has('L') && response.status >= 300 && response.status < 400 && location && hop < 50) {
        text = new URL(location, url).href;
        continue;
      }
      return { response, elapsedMs: setup.time.now() - started, url: url.href, log };
    } catch (error) {
      if (!(error instanceof ShellNetworkError)) throw error;
      const elapsedMs = setup.time.now() - started || error.elapsedMs;
      const told = failure(error, url.hostname, port, elapsedMs);
      return { error: told, elapsedMs, url: url.href, log: `${log}* ${told.text}\n* Closing connection 0\n` };
    }
  }
}

/** curl into the cluster's network as a machine beside it sees it. */
export const curl: CommandBody = async (args, ctx, setup) => {
  const request = await parse(args, ctx);
  if (typeof request === 'string') return result('', request, 2);
  if (request.urls.length === 0)
    return result('', "curl: try 'curl --help' or 'curl --manual' for more information\n", 2);
  let stdout = '';
  let stderr = '';
  let code = 0;
  for (const url of request.urls) {
    const done = await transfer(request, url, setup);
    const { response } = done;
    const quiet = request.flags.has('s') && !request.flags.has('S');
    let failed = done.error;
    if (response && response.status >= 400 && request.flags.has('f'))
      failed = { code: 22, text: `The requested URL returned error: ${response.status}` };
    if (request.flags.has('v')) stderr += done.log;
    if (response && !(failed?.code === 22)) {
      const shown = `${request.flags.has('i') || request.flags.has('I') ? head(response) : ''}${request.flags.has('I') ? '' : response.body}`;
      if (request.output === undefined || request.output === '-') stdout += shown;
      else if (request.output !== '/dev/null')
        await ctx.fs.writeFile(ctx.fs.resolvePath(ctx.cwd, request.output), shown);
    }
    if (failed && !quiet) stderr += `curl: (${failed.code}) ${failed.text}\n`;
    code = failed?.code ?? 0;
    if (request.writeOut !== undefined) stdout += writeOut(request.writeOut, response, done.url, done.elapsedMs, code);
  }
  return result(stdout, stderr, code);
};

/** A header of the answer, whatever its case. */
function header(response: { headers: Record<string, string> } | undefined, name: string): string {
  const found = Object.entries(response?.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1] ?? '';
}

/** `wget -q -O - URL` and its like, carried by the same transfer. */
export const wget: CommandBody = async (args, ctx, setup) => {
  const url = args.find((arg, at) => !arg.startsWith('-') && !/^-(O|T|t|U)$/.test(args[at - 1] ?? ''));
  if (!url) return result('', 'wget: missing URL\nUsage: wget [OPTION]... [URL]...\n', 1);
  const quiet = args.some((arg) => /^-[a-zA-Z]*q/.test(arg) || arg === '--quiet');
  const at = args.findIndex((arg) => /^-[a-zA-Z]*O$/.test(arg));
  const target =
    at >= 0
      ? args[at + 1]!
      : (args.find((arg) => /^-[a-zA-Z]*O./.test(arg))?.replace(/^-[a-zA-Z]*O/, '') ??
          new URL(url.includes('://') ? url : `http://${url}`).pathname.split('/').at(-1)) ||
        'index.html';
  const wait = args.indexOf('-T');
  const request: Request = {
    urls: [url],
    headers: [],
    data: [],
    remoteName: false,
    connectMs: wait >= 0 ? Number(args[wait + 1]) * 1000 : 130_000,
    totalMs: Number.POSITIVE_INFINITY,
    flags: new Set(['L']),
  };
  const done = await transfer(request, url, setup);
  if (done.error) {
    const lost = /^Could not resolve host: (.*)/.exec(done.error.text)?.[1];
    const text = lost ? `unable to resolve host address ‘${lost}’` : done.error.text;
    return result('', quiet ? '' : `wget: ${text}\n`, 4);
  }
  const response = done.response!;
  if (response.status >= 400)
    return result('', quiet ? '' : `ERROR ${response.status}: ${REASONS[response.status] ?? ''}.\n`, 8);
  if (target === '-') return result(response.body);
  await ctx.fs.writeFile(ctx.fs.resolvePath(ctx.cwd, target), response.body);
  return result('', quiet ? '' : `‘${target}’ saved [${byteLength(response.body)}]\n`);
};

/** `nc -z[v] [-w N] host port`: does the port accept? Anything else is interactive and refused. */
export const nc: CommandBody = async (args, _ctx, setup) => {
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  const wait = args.findIndex((arg) => /^-[a-z]*w$/.test(arg));
  const [host, port] = args.filter((arg, at) => !arg.startsWith('-') && !(wait >= 0 && at === wait + 1));
  if (!flags.includes('z') || !host || !port)
    return result('', 'nc: only port checks are supported in this shell: nc -z [-v] [-w SECONDS] HOST PORT\n', 1);
  const limit = Math.min(wait >= 0 ? Number(args[wait + 1]) * 1000 : 127_000, setup.time.deadline - setup.time.now());
  try {
    const { ip } = await setup.network.connect(host, Number(port), limit);
    return result('', flags.includes('v') ? `Connection to ${host} (${ip}) ${port} port [tcp/*] succeeded!\n` : '');
  } catch (error) {
    if (!(error instanceof ShellNetworkError)) throw error;
    const words: Record<string, string> = {
      ENOTFOUND: 'Name or service not known',
      EAI_AGAIN: 'Temporary failure in name resolution',
      ECONNREFUSED: 'Connection refused',
      ETIMEDOUT: 'Connection timed out',
      EHOSTUNREACH: 'No route to host',
      ENETUNREACH: 'Network is unreachable',
    };
    const why = words[error.code] ?? 'Connection reset by peer';
    const text =
      error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
        ? `nc: getaddrinfo for host "${host}" port ${port}: ${why}\n`
        : `nc: connect to ${host} port ${port} (tcp) failed: ${why}\n`;
    return result('', flags.includes('v') || error.code === 'ENOTFOUND' ? text : '', 1);
  }
};
