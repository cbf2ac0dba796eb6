import { byteLength } from '../../../core/bytes.ts';
import { NetError, type ServerConn } from '../../net/net.ts';
import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import { type Child, type Readable, SpawnError } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, value } from '../command.ts';
import { Capture } from '../streams.ts';
import { reason } from './network.ts';

/** busybox's httpd: files of a folder, and programs in its cgi-bin. Its answers and log lines are recorded with busybox 1.35. */

const TYPES: Record<string, string> = {
  html: 'text/html',
  htm: 'text/html',
  txt: 'text/plain',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  xml: 'text/xml',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  svg: 'image/svg+xml',
};

const TEXTS: Record<number, string> = {
  400: 'Unsupported method',
  403: '',
  404: 'The requested URL was not found',
  501: 'The requested method is not recognized',
};

/** One running httpd. */
class Httpd {
  readonly #ctx: CommandContext;
  readonly #root: string;
  readonly #verbosity: number;
  readonly #port: number;

  constructor(ctx: CommandContext, options: { root: string; port: number; verbosity: number }) {
    this.#ctx = ctx;
    this.#root = options.root;
    this.#port = options.port;
    this.#verbosity = options.verbosity;
  }

  *handle(th: Thread, request: HttpRequest, conn: ServerConn): Task<HttpResponse> {
    th.spend(150);
    this.#ctx.os.useCpu(120);
    const url = request.path.split('?')[0] as string;
    if (this.#verbosity > 1) this.#say(conn, `url:${url}`);
    const answer = yield* this.#answer(th, request, url, conn);
    return request.method === 'HEAD' ? { ...answer, body: '' } : answer;
  }

  #say(conn: ServerConn, text: string): void {
    this.#ctx.os.stderr.write(`[::ffff:${conn.peer.ip}]:${conn.peer.port}: ${text}\n`);
  }

  *#answer(th: Thread, request: HttpRequest, url: string, conn: ServerConn): Task<HttpResponse> {
    const { fs } = this.#ctx.os;
    const program = this.#program(url);
    if (program) return yield* this.#run(th, request, program, conn);
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#error(conn, 501);
    const path = clean(url);
    if (path === undefined) return this.#error(conn, 400);
    const full = `${this.#root}${path}`.replace(/\/+$/, '') || '/';
    if (!fs.exists(full)) return this.#error(conn, 404);
    if (fs.stat(full).type !== 'dir') return this.#file(conn, full);
    if (!url.endsWith('/')) return this.#plain(conn, 302, { Location: `${url}/` });
    const index = `${full}/index.html`;
    return fs.exists(index) ? this.#file(conn, index) : this.#error(conn, 404);
  }

  /** What of an URL under /cgi-bin/ is the program, and what is left for PATH_INFO. */
  #program(url: string): { path: string; name: string; info: string } | undefined {
    const match = /^\/cgi-bin\/([^/]+)(\/.*)?$/.exec(url);
    if (!match || match[1] === '..') return undefined;
    const name = `/cgi-bin/${match[1]}`;
    return { path: `${this.#root}${name}`, name, info: match[2] ?? '' };
  }

  *#run(
    th: Thread,
    request: HttpRequest,
    program: { path: string; name: string; info: string },
    conn: ServerConn,
  ): Task<HttpResponse> {
    if (request.method !== 'GET' && request.method !== 'POST' && request.method !== 'HEAD')
      return this.#error(conn, 501);
    const { os } = this.#ctx;
    const output = new Capture();
    yield* th.sync();
    let child: Child;
    try {
      child = os.spawn([program.path], {
        cwd: program.path.slice(0, program.path.lastIndexOf('/')),
        env: { ...os.env, ...this.#variables(request, program, conn) },
        stdin: once(request.body),
        stdout: output,
        stderr: os.stderr,
      });
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      const why = error.code === 'ENOENT' ? 'No such file or directory' : 'Permission denied';
      if (this.#verbosity > 0) this.#say(conn, `can't execute '${program.path.split('/').pop()}': ${why}`);
      return this.#error(conn, 404);
    }
    try {
      while (!child.status) yield* th.wait(child.exited);
    } finally {
      if (!child.status) child.kill('SIGTERM');
    }
    return fromProgram(output.text, conn);
  }

  #variables(
    request: HttpRequest,
    program: { path: string; name: string; info: string },
    conn: ServerConn,
  ): Record<string, string> {
    const variables: Record<string, string> = {
      GATEWAY_INTERFACE: 'CGI/1.1',
      PATH_INFO: program.info,
      QUERY_STRING: request.path.split(/\?(.*)/s)[1] ?? '',
      REMOTE_ADDR: `[::ffff:${conn.peer.ip}]`,
      REMOTE_PORT: String(conn.peer.port),
      REQUEST_METHOD: request.method,
      REQUEST_URI: request.path,
      SCRIPT_FILENAME: program.path,
      SCRIPT_NAME: program.name,
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_SOFTWARE: 'busybox httpd/1.35.0',
    };
    for (const [name, text] of Object.entries(request.headers)) {
      const upper = name.toUpperCase().replaceAll('-', '_');
      if (upper === 'CONTENT_TYPE' || upper === 'CONTENT_LENGTH') variables[upper] = text;
      else if (upper !== 'CONNECTION') variables[`HTTP_${upper}`] = text;
    }
    variables['HTTP_HOST'] ??= this.#port === 80 ? conn.local.ip : `${conn.local.ip}:${this.#port}`;
    if (request.method === 'POST') variables['CONTENT_LENGTH'] ??= String(byteLength(request.body));
    return variables;
  }

  #file(conn: ServerConn, path: string): HttpResponse {
    const { fs } = this.#ctx.os;
    const body = fs.read(path);
    const { mtimeMs } = fs.stat(path);
    const size = byteLength(body);
    const tag = `"${Math.floor(mtimeMs / 1000).toString(16)}-${size.toString(16)}"`;
    const type = TYPES[path.split('.').pop() ?? ''];
    const headers = {
      ...(type === undefined ? {} : { 'Content-type': type }),
      'Accept-Ranges': 'bytes',
      'Last-Modified': httpDate(mtimeMs),
      ETag: tag,
      'Content-Length': String(size),
    };
    return { ...this.#plain(conn, 200, headers), body };
  }

  #plain(conn: ServerConn, status: number, headers: Record<string, string>): HttpResponse {
    if (this.#verbosity > 0) this.#say(conn, `response:${status}`);
    const type: Record<string, string> = status === 200 ? {} : { 'Content-type': 'text/html' };
    const date = httpDate(this.#ctx.os.main.nowMs);
    return {
      proto: 'http',
      kind: 'response',
      status,
      headers: { Date: date, Connection: 'close', ...type, ...headers },
      body: '',
    };
  }

  #error(conn: ServerConn, status: number): HttpResponse {
    const title = `${status} ${reason(status)}`;
    const body = `<HTML><HEAD><TITLE>${title}</TITLE></HEAD>\n<BODY><H1>${title}</H1>\n${TEXTS[status] ?? ''}\n</BODY></HTML>\n`;
    return { ...this.#plain(conn, status, {}), body };
  }
}

/** The path of an URL without `.` and `..`; undefined when it leaves the root. */
function clean(url: string): string | undefined {
  const parts: string[] = [];
  for (const part of url.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** A program's output as an answer: `Status:` makes the status line, no output at all closes the connection. */
function fromProgram(text: string, conn: ServerConn): HttpResponse {
  if (text === '') {
    conn.close();
    throw new NetError('ECONNRESET');
  }
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of head.split(/\r?\n/)) {
    const [name = '', content] = line.split(/:\s*(.*)/s);
    const line1 = /^HTTP\/1\.\d (\d+)/.exec(line);
    if (line1) status = Number(line1[1]);
    else if (name.toLowerCase() === 'status') status = Number.parseInt(content ?? '200', 10);
    else if (content !== undefined) headers[name] = content;
  }
  const body = end ? text.slice(end.index + end[0].length) : '';
  return { proto: 'http', kind: 'response', status, headers, body };
}

/** `Sun, 22 Nov 2026 08:02:20 GMT` */
function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

function once(text: string): Readable {
  let rest: string | undefined = text === '' ? undefined : text;
  return {
    *read(): Task<string | undefined> {
      const piece = rest;
      rest = undefined;
      return piece;
    },
  };
}

function* httpd(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'ifvp:h:u:r:c:m:e:d:');
  const coded = value(options, 'e') ?? value(options, 'd');
  if (coded !== undefined) {
    const decode = options.flags.has('d');
    ctx.out(decode ? `${decodeURIComponent(coded.replaceAll('+', ' '))}\n` : encodeHtml(coded));
    return 0;
  }
  for (const letter of ['i', 'm', 'r', 'c', 'u'])
    if (options.flags.has(letter)) throw new CommandError(`option -${letter} is not supported here`);
  const root = ctx.path(value(options, 'h') ?? '.').replace(/\/$/, '');
  if (root !== '' && !ctx.os.fs.exists(root))
    throw new CommandError(`can't change directory to '${value(options, 'h')}': No such file or directory`);
  const port = Number((value(options, 'p') ?? '80').split(':').pop());
  const verbosity = ctx.args
    .filter((arg) => /^-[a-z]*v/.test(arg))
    .reduce((n, arg) => n + arg.split('v').length - 1, 0);
  const server = new Httpd(ctx, { root, port, verbosity });
  ctx.os.setMemory(700_000);
  const serve = function* (): Task<void> {
    try {
      ctx.os.listen(port, {
        handle: (th, message, conn) => {
          if (message.proto !== 'http' || message.kind !== 'request') throw new NetError('ECONNRESET');
          return server.handle(th, message, conn);
        },
      });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      throw new CommandError('bind: Address already in use');
    }
    for (;;) yield* ctx.th.sleep(86_400_000);
  };
  if (options.flags.has('f')) yield* serve();
  return yield* daemon(ctx);
}

/** Without -f it goes on as a process of its own, and the command is over at once. */
function* daemon(ctx: CommandContext): Task<number> {
  ctx.os.spawn([ctx.name, '-f', ...ctx.args], { env: { ...ctx.os.env }, cwd: ctx.os.cwd });
  yield* ctx.th.sync();
  return 0;
}

/** What -e prints: every character that is no letter or digit as its number. */
function encodeHtml(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, (char) => `&#${char.charCodeAt(0)};`);
}

export const httpdCommands: Record<string, Command> = { httpd };
