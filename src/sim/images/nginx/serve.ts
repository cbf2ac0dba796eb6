import { byteLength } from '../../../core/bytes.ts';
import { reason } from '../../container-shell/commands/network.ts';
import { type Conn, NetError } from '../../net/net.ts';
import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { all, type Directive, find } from './config.ts';
import { address, chooseLocation, type Scope, type Site, setting, type Upstream, type VirtualServer } from './site.ts';

export const VERSION = '1.27.4';

/** Addresses that names of the configuration had when it was read: nginx never looks them up again. */
export type Resolved = ReadonlyMap<string, string[]>;

/** One request on its way through the server. */
export interface Exchange {
  os: Os;
  th: Thread;
  site: Site;
  resolved: Resolved;
  request: HttpRequest;
  client: string;
  port: number;
  server: VirtualServer;
  uri: string;
  variables: Map<string, string>;
  logError(text: string): void;
}

const REWRITES_MAX = 10;

export function pick(site: Site, port: number, host: string): VirtualServer {
  const here = site.servers.filter((server) => server.ports.some((listen) => listen.port === port));
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const matches = (pattern: string): boolean =>
    pattern === name ||
    (pattern.startsWith('*.') && name.endsWith(pattern.slice(1))) ||
    (pattern.startsWith('~') && new RegExp(pattern.slice(1)).test(name));
  const fallback = here.find((server) => server.ports.some((listen) => listen.port === port && listen.isDefault));
  return here.find((server) => server.names.some(matches)) ?? fallback ?? (here[0] as VirtualServer);
}

/** Answers the request as the server's configuration says. */
export function* serve(x: Exchange): Task<HttpResponse> {
  x.th.spend(120);
  let response: HttpResponse | undefined;
  let scope: Scope = x.server;
  response = control(x, x.server.levels[0] as Directive[]);
  for (let round = 0; !response && round < REWRITES_MAX; round++) {
    const location = chooseLocation(x.server.locations, x.uri);
    if (!location) break;
    scope = location;
    const before = x.uri;
    response = control(x, location.levels[0] as Directive[]);
    if (x.uri === before || x.variables.get('__last') !== 'last') break;
  }
  response ??= denied(x, scope) ?? (yield* content(x, scope));
  if (response.status >= 300) response = yield* errorPage(x, scope, response);
  for (const { args } of inherited(scope, 'add_header')) {
    if (args[2] === 'always' || [200, 201, 204, 206, 301, 302, 303, 304, 307, 308].includes(response.status))
      response.headers[args[0] as string] = expand(x, args[1] ?? '');
  }
  return response;
}

/** Directives of one name from the nearest level that has any. */
function inherited(scope: Scope, name: string): Directive[] {
  return scope.levels.map((level) => all(level, name)).find((found) => found.length > 0) ?? [];
}

/** The rewrite module: set, rewrite, return and if, in order. */
function control(x: Exchange, block: readonly Directive[]): HttpResponse | undefined {
  for (const { name, args, block: inner = [] } of block) {
    if (name === 'set') x.variables.set((args[0] ?? '').replace('$', ''), expand(x, args[1] ?? ''));
    else if (name === 'return') return returned(x, args);
    else if (name === 'if') {
      const response = condition(
        x,
        args
          .join(' ')
          .replace(/^\(|\)$/g, '')
          .trim(),
      )
        ? control(x, inner)
        : undefined;
      if (response) return response;
    } else if (name === 'rewrite') {
      const match = new RegExp(args[0] ?? '').exec(x.uri);
      if (!match) continue;
      const target = expand(
        x,
        (args[1] ?? '').replace(/\$(\d)/g, (_, n) => match[Number(n)] ?? ''),
      );
      if (args[2] === 'redirect' || args[2] === 'permanent' || /^https?:\/\//.test(target))
        return redirect(args[2] === 'permanent' ? 301 : 302, target);
      x.uri = target.split('?')[0] as string;
      x.variables.set('__last', args[2] === 'break' ? 'break' : 'last');
      if (args[2]) return undefined;
    }
  }
  return undefined;
}

function condition(x: Exchange, text: string): boolean {
  const [, left = '', operator, right = ''] = /^(\S+)(?:\s+(!?=|!?~\*?)\s+(.*))?$/.exec(text) ?? [];
  const value = expand(x, left);
  if (operator === undefined) return value !== '' && value !== '0';
  const wanted = right.replace(/^["']|["']$/g, '');
  const hit = operator.includes('~')
    ? new RegExp(wanted, operator.endsWith('*') ? 'i' : '').test(value)
    : value === wanted;
  return operator.startsWith('!') ? !hit : hit;
}

function returned(x: Exchange, args: string[]): HttpResponse {
  const code = Number(args[0]);
  const text = args[1] === undefined ? undefined : expand(x, args[1]);
  if (Number.isNaN(code)) return redirect(302, args[0] ?? '');
  if (code >= 301 && code <= 308 && text !== undefined) return redirect(code, text);
  return text === undefined ? page(code) : page(code, text, 'application/octet-stream');
}

function redirect(code: number, location: string): HttpResponse {
  const response = page(code);
  response.headers['Location'] = location;
  return response;
}

function denied(x: Exchange, scope: Scope): HttpResponse | undefined {
  const level = scope.levels.find((one) => find(one, 'allow') || find(one, 'deny')) ?? [];
  for (const { name, args } of level) {
    if (name !== 'allow' && name !== 'deny') continue;
    const [network = ''] = args;
    if (network !== 'all' && !inNetwork(x.client, network)) continue;
    if (name === 'allow') return undefined;
    x.logError('access forbidden by rule');
    return page(403);
  }
  return undefined;
}

function inNetwork(ip: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(ip) / size) === Math.floor(number(base) / size);
}

function* content(x: Exchange, scope: Scope): Task<HttpResponse> {
  const own = scope.levels[0] as Directive[];
  const limit = sizeOf(setting(scope, 'client_max_body_size')?.args[0] ?? '1m');
  if (limit > 0 && byteLength(x.request.body) > limit) {
    x.logError(`client intended to send too large body: ${byteLength(x.request.body)} bytes`);
    return page(413);
  }
  if (find(own, 'stub_status')) return page(200, 'Active connections: 1 \n', 'text/plain');
  const pass = find(own, 'proxy_pass');
  if (pass) return yield* proxy(x, scope, pass.args[0] ?? '');
  const tries = setting(scope, 'try_files')?.args;
  if (tries) {
    for (const [i, raw] of tries.entries()) {
      const name = expand(x, raw);
      if (i === tries.length - 1) {
        if (name.startsWith('=')) return page(Number(name.slice(1)));
        x.uri = name.split('?')[0] as string;
        const next = chooseLocation(x.server.locations, x.uri);
        const looped = next === undefined || next === scope;
        return looped || name.startsWith('@') ? file(x, scope, x.uri) : yield* content(x, next);
      }
      const path = pathOf(x, scope, name);
      if (x.os.fs.exists(path) && (x.os.fs.stat(path).type === 'dir') === name.endsWith('/'))
        return file(x, scope, name);
    }
  }
  return file(x, scope, x.uri);
}

function sizeOf(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([kKmMgG]?)$/.exec(text) ?? [];
  return Number(digits) * { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase() as '' | 'k' | 'm' | 'g'];
}

function pathOf(x: Exchange, scope: Scope, uri: string): string {
  const alias = find(scope.levels[0] as Directive[], 'alias')?.args[0];
  const prefix = 'pattern' in scope ? (scope.pattern as string) : '/';
  if (alias !== undefined) return expand(x, alias) + uri.slice(prefix.length);
  return `${expand(x, setting(scope, 'root')?.args[0] ?? '/etc/nginx/html').replace(/\/$/, '')}${uri}`;
}

const TYPES: Record<string, string> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
};

function file(x: Exchange, scope: Scope, uri: string): HttpResponse {
  const { fs } = x.os;
  let path = pathOf(x, scope, uri);
  if (fs.exists(path) && fs.stat(path).type === 'dir') {
    if (!uri.endsWith('/'))
      return redirect(301, `http://${x.request.headers['host'] ?? x.server.names[0] ?? ''}${uri}/`);
    const names = setting(scope, 'index')?.args ?? ['index.html'];
    const found = names.map((name) => `${path}${name}`).find((name) => fs.exists(name));
    if (!found) {
      x.logError(`directory index of "${path}" is forbidden`);
      return page(403);
    }
    path = found;
  }
  if (!fs.exists(path)) {
    x.logError(`open() "${path}" failed (2: No such file or directory)`);
    return page(404);
  }
  if (x.request.method !== 'GET' && x.request.method !== 'HEAD') return page(405);
  const type = TYPES[path.split('.').pop() ?? ''] ?? setting(scope, 'default_type')?.args[0] ?? 'text/plain';
  return page(200, fs.read(path), type);
}

function* errorPage(x: Exchange, scope: Scope, response: HttpResponse): Task<HttpResponse> {
  for (const { args } of inherited(scope, 'error_page')) {
    const uri = args.at(-1) ?? '';
    const codes = args.slice(0, -1).filter((word) => !word.startsWith('='));
    if (!codes.includes(String(response.status)) || x.variables.has('__error')) continue;
    x.variables.set('__error', String(response.status));
    if (/^https?:\/\//.test(uri)) return redirect(302, uri);
    x.uri = uri;
    const location = chooseLocation(x.server.locations, uri) ?? x.server;
    const answer = yield* content(x, location);
    const override = args.find((word) => word.startsWith('='));
    if (answer.status >= 400) return response;
    return { ...answer, status: override && override.length > 1 ? Number(override.slice(1)) : response.status };
  }
  return response;
}

/** Asks the peers of the upstream one after the other until one answers (proxy_next_upstream error timeout). */
function* proxy(x: Exchange, scope: Scope, target: string): Task<HttpResponse> {
  const url = /^https?:\/\/([^/]+)(\/.*)?$/.exec(expand(x, target));
  if (!url) {
    x.logError(`invalid URL prefix in "${expand(x, target)}"`);
    return page(500);
  }
  const [, authority = '', base] = url;
  const prefix =
    'pattern' in scope && !/^~/.test(String((scope as { kind?: string }).kind)) ? (scope.pattern as string) : '';
  const query = x.request.path.includes('?') ? `?${x.request.path.split('?').slice(1).join('?')}` : '';
  const path = base === undefined || target.includes('$') ? x.uri + query : base + x.uri.slice(prefix.length) + query;
  const peers = yield* peersOf(x, authority);
  if (!peers) return page(502);
  const headers: Record<string, string> = { ...x.request.headers, host: authority, connection: 'close' };
  for (const { args } of inherited(scope, 'proxy_set_header')) {
    const text = expand(x, args[1] ?? '');
    if (text === '') delete headers[(args[0] ?? '').toLowerCase()];
    else headers[(args[0] ?? '').toLowerCase()] = text;
  }
  let status = 502;
  for (const { ip, port } of peers) {
    const shown = `upstream: "http://${ip}:${port}${path}"`;
    const outcome = yield* ask(x, scope, ip, port, { ...x.request, path, headers });
    if (typeof outcome !== 'string') return outcome;
    status = outcome.includes('timed out') ? 504 : 502;
    x.logError(`${outcome}|${shown}`);
  }
  return page(status);
}

function* peersOf(x: Exchange, authority: string): Task<{ ip: string; port: number }[] | undefined> {
  const upstream: Upstream = x.site.upstreams.get(authority) ?? { peers: [address(authority)], next: 0 };
  const known = upstream.peers.flatMap(({ host, port }) => (x.resolved.get(host) ?? []).map((ip) => ({ ip, port })));
  if (known.length > 0) {
    const start = upstream.next++ % known.length;
    return [...known.slice(start), ...known.slice(0, start)];
  }
  // names that hold variables are looked up when they are needed
  const { host, port } = address(authority);
  if (!setting(x.server, 'resolver') && !/^\d+(\.\d+){3}$/.test(host)) {
    x.logError(`no resolver defined to resolve ${host}`);
    return undefined;
  }
  try {
    return (yield* x.os.resolve(x.th, host)).map((ip) => ({ ip, port }));
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    x.logError(
      `${host} could not be resolved (${error.code === 'ENOTFOUND' ? '3: Host not found' : '110: Operation timed out'})`,
    );
    return undefined;
  }
}

/** The upstream's answer, or why there is none, as the error log words it. */
function* ask(x: Exchange, scope: Scope, ip: string, port: number, request: HttpRequest): Task<HttpResponse | string> {
  const timeout = (name: string): number => {
    const [, digits = '60', unit = 's'] = /^(\d+)(ms|s|m)?$/.exec(setting(scope, name)?.args[0] ?? '60') ?? [];
    return Number(digits) * { ms: 1, s: 1_000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
  };
  let conn: Conn;
  try {
    conn = yield* x.os.dial(x.th, ip, port, { timeoutMs: timeout('proxy_connect_timeout') });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (error.code === 'ETIMEDOUT')
      return 'upstream timed out (110: Connection timed out) while connecting to upstream';
    const text = error.code === 'ECONNREFUSED' ? '111: Connection refused' : '113: Host is unreachable';
    return `connect() failed (${text}) while connecting to upstream`;
  }
  try {
    return yield* conn.request<HttpResponse>(x.th, request, { timeoutMs: timeout('proxy_read_timeout') });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return error.code === 'ETIMEDOUT'
      ? 'upstream timed out (110: Connection timed out) while reading response header from upstream'
      : 'upstream prematurely closed connection while reading response header from upstream';
  } finally {
    conn.close();
  }
}

/** `$name` and `${name}` in a value. */
export function expand(x: Exchange, text: string): string {
  return text.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced, plain) => variable(x, braced ?? plain));
}

function variable(x: Exchange, name: string): string {
  const { request } = x;
  const [path = '', query = ''] = request.path.split(/\?(.*)/s);
  const mapped = x.site.maps.find(({ target }) => target === `$${name}`);
  if (mapped) {
    const value = expand(x, mapped.source);
    const rows = mapped.table.map(({ name: key, args }) => [key, args[0] ?? ''] as const);
    const hit = rows.find(([key]) => (key.startsWith('~') ? new RegExp(key.slice(1)).test(value) : key === value));
    return expand(x, (hit ?? rows.find(([key]) => key === 'default'))?.[1] ?? '');
  }
  const host = (request.headers['host'] ?? x.server.names[0] ?? '').replace(/:\d+$/, '');
  const known: Record<string, string> = {
    uri: x.uri,
    document_uri: x.uri,
    request_uri: request.path || path,
    args: query,
    query_string: query,
    is_args: query === '' ? '' : '?',
    host,
    http_host: request.headers['host'] ?? '',
    hostname: x.os.hostname,
    remote_addr: x.client,
    proxy_add_x_forwarded_for: [request.headers['x-forwarded-for'], x.client].filter(Boolean).join(', '),
    scheme: 'http',
    request_method: request.method,
    server_name: x.server.names[0] ?? '',
    server_port: String(x.port),
    server_addr: x.os.address,
    nginx_version: VERSION,
    request: `${request.method} ${request.path} HTTP/1.1`,
  };
  if (x.variables.has(name)) return x.variables.get(name) as string;
  if (name in known) return known[name] as string;
  if (name.startsWith('http_')) return request.headers[name.slice(5).replaceAll('_', '-')] ?? '';
  if (name.startsWith('arg_')) return new URLSearchParams(query).get(name.slice(4)) ?? '';
  return '';
}

/** A response; without a body nginx's own page of that status. */
export function page(status: number, body?: string, type = 'text/html'): HttpResponse {
  const title = `${status} ${TITLES[status] ?? reason(status)}`;
  const text =
    body ??
    (status === 204
      ? ''
      : `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${VERSION}</center>\r\n</body>\r\n</html>\r\n`);
  const length = String(byteLength(text));
  const headers = { Server: `nginx/${VERSION}`, 'Content-Type': type, 'Content-Length': length };
  return { proto: 'http', kind: 'response', status, headers, body: text };
}

/** Where nginx words a status otherwise than others. */
const TITLES: Record<number, string> = {
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};
