import { reason } from '../../container-shell/commands/network.ts';
import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import { NetError } from '../../net/net.ts';
import type { HttpRequest, HttpResponse } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { curlProgram } from '../curl/curl.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

const VERSION = '1.27.4';
const INDEX =
  '<!DOCTYPE html>\n<html>\n<head><title>Welcome to nginx!</title></head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';
const DEFAULT_CONF =
  'server {\n    listen       80;\n    server_name  localhost;\n\n    location / {\n        root   /usr/share/nginx/html;\n        index  index.html index.htm;\n    }\n}\n';

interface Location {
  prefix: string;
  exact: boolean;
  settings: Map<string, string[]>;
}

interface VirtualServer {
  ports: number[];
  settings: Map<string, string[]>;
  locations: Location[];
}

class ConfigError extends Error {}

const IGNORED = new Set([
  'server_name',
  'access_log',
  'error_log',
  'proxy_set_header',
  'proxy_http_version',
  'error_page',
  'keepalive_timeout',
  'sendfile',
  'include',
  'default_type',
  'client_max_body_size',
  'proxy_read_timeout',
  'proxy_connect_timeout',
  'add_header',
  'gzip',
]);
const KNOWN = new Set([...IGNORED, 'listen', 'root', 'index', 'return', 'proxy_pass', 'try_files']);

/** Reads `server` blocks: listen, root, index, location, return, proxy_pass. Anything unknown stops nginx, as it does there. */
function parseServers(text: string, file: string): VirtualServer[] {
  const tokens = [...text.replace(/#.*$/gm, '').matchAll(/"[^"]*"|'[^']*'|[{};]|[^\s{};]+/g)].map((match) =>
    match[0].replace(/^["']|["']$/g, ''),
  );
  const servers: VirtualServer[] = [];
  let server: VirtualServer | undefined;
  let location: Location | undefined;
  let words: string[] = [];
  for (const token of tokens) {
    if (token === '{') {
      if (words[0] === 'server') {
        server = { ports: [], settings: new Map(), locations: [] };
        servers.push(server);
      } else if (words[0] === 'location' && server) {
        location = { prefix: words.at(-1) as string, exact: words[1] === '=', settings: new Map() };
        server.locations.push(location);
      } else throw new ConfigError(`unknown directive "${words[0]}" in ${file}:1`);
      words = [];
    } else if (token === '}') {
      if (location) location = undefined;
      else server = undefined;
    } else if (token === ';') {
      const [name = '', ...args] = words;
      words = [];
      if (!KNOWN.has(name)) throw new ConfigError(`unknown directive "${name}" in ${file}:1`);
      if (name === 'listen') server?.ports.push(Number(/(\d+)$/.exec(args[0] ?? '')?.[1] ?? 80));
      else (location ?? server)?.settings.set(name, args);
    } else words.push(token);
  }
  for (const entry of servers) if (entry.ports.length === 0) entry.ports.push(80);
  return servers;
}

const nginx: Program = function* (os) {
  os.endsOnSignal('SIGTERM', 0);
  os.setMemory(6 * 1024 * 1024);
  const stamp = (): string => new Date(os.main.nowMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');
  let servers: VirtualServer[] = [];
  try {
    const dir = '/etc/nginx/conf.d';
    const files = os.fs.exists(dir) ? os.fs.list(dir).filter((name) => name.endsWith('.conf')) : [];
    servers = files.flatMap((name) => parseServers(os.fs.read(`${dir}/${name}`), `${dir}/${name}`));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    os.stderr.write(`${stamp()} [emerg] ${os.pid}#${os.pid}: ${error.message}\nnginx: [emerg] ${error.message}\n`);
    return 1;
  }
  for (const server of servers) {
    for (const port of new Set(server.ports)) {
      os.listen(port, {
        handle: function* (th, message, conn) {
          if (message.proto !== 'http' || message.kind !== 'request') return page(400);
          const response = yield* serve(os, th, server, message);
          os.useCpu(80);
          os.stdout.write(
            `${conn.peer.ip} - - [${logDate(th.nowMs)}] "${message.method} ${message.path} HTTP/1.1" ${response.status} ${response.body.length} "-" "${message.headers['user-agent'] ?? '-'}" "-"\n`,
          );
          return response;
        },
      });
    }
  }
  os.stderr.write(
    `${stamp()} [notice] ${os.pid}#${os.pid}: nginx/${VERSION}\n${stamp()} [notice] ${os.pid}#${os.pid}: start worker processes\n`,
  );
  for (;;) yield* os.main.sleep(86_400_000);
};

function* serve(os: Os, th: Thread, server: VirtualServer, request: HttpRequest): Task<HttpResponse> {
  th.spend(120);
  const path = request.path.split('?')[0] as string;
  const location = server.locations
    .filter((entry) => (entry.exact ? path === entry.prefix : path.startsWith(entry.prefix)))
    .sort((a, b) => Number(b.exact) - Number(a.exact) || b.prefix.length - a.prefix.length)[0];
  const setting = (name: string): string[] | undefined => location?.settings.get(name) ?? server.settings.get(name);
  const returned = setting('return');
  if (returned)
    return {
      ...page(Number(returned[0])),
      body: returned[1]?.replaceAll('\\n', '\n') ?? page(Number(returned[0])).body,
    };
  const upstream = location?.settings.get('proxy_pass')?.[0];
  if (upstream) return yield* proxy(os, th, upstream, location?.prefix ?? '/', request);
  const root = setting('root')?.[0] ?? '/etc/nginx/html';
  let file = `${root}${path}`;
  if (os.fs.exists(file) && os.fs.stat(file).type === 'dir')
    file = `${file.replace(/\/$/, '')}/${setting('index')?.[0] ?? 'index.html'}`;
  return os.fs.exists(file) ? page(200, os.fs.read(file)) : page(404);
}

function* proxy(os: Os, th: Thread, upstream: string, prefix: string, request: HttpRequest): Task<HttpResponse> {
  const url = /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(upstream);
  if (!url) return page(500);
  const [, host = '', port = '80', base] = url;
  const path = base === undefined ? request.path : base + request.path.slice(prefix.length);
  try {
    const conn = yield* os.dial(th, host, Number(port), { timeoutMs: 60_000 });
    try {
      return yield* conn.request<HttpResponse>(
        th,
        { ...request, path, headers: { ...request.headers, host } },
        { timeoutMs: 60_000 },
      );
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const timedOut = error.code === 'ETIMEDOUT';
    const text = timedOut
      ? '110: Connection timed out'
      : error.code === 'ECONNREFUSED'
        ? '111: Connection refused'
        : error.code;
    os.stderr.write(
      `${new Date(th.nowMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')} [error] ${os.pid}#${os.pid}: *1 connect() failed (${text}) while connecting to upstream, upstream: "${upstream}"\n`,
    );
    return page(timedOut ? 504 : 502);
  }
}

function page(status: number, body?: string): HttpResponse {
  const title = `${status} ${reason(status)}`;
  const text =
    body ??
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${VERSION}</center>\r\n</body>\r\n</html>\r\n`;
  return {
    proto: 'http',
    kind: 'response',
    status,
    headers: { Server: `nginx/${VERSION}`, 'Content-Type': 'text/html', 'Content-Length': String(text.length) },
    body: text,
  };
}

function logDate(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  const [year, month, day] = date.split('-');
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return `${day}/${names[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

export const nginxImage: ImageDef = {
  repository: 'docker.io/library/nginx',
  tags: ['latest', '1', '1.14.2', '1.16.1', '1.21', '1.25', '1.27', '1.27.4', 'stable', 'alpine', '1.27-alpine'],
  sizeBytes: 72_188_133,
  digest: digestOf('docker.io/library/nginx'),
  config: {
    cmd: ['nginx', '-g', 'daemon off;'],
    exposedPorts: [80],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', NGINX_VERSION: VERSION },
  },
  files: {
    ...baseFiles('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'),
    '/usr/share/nginx/html/index.html': INDEX,
    '/etc/nginx/conf.d/default.conf': DEFAULT_CONF,
  },
  programs: { ...debianPrograms(), '/usr/sbin/nginx': nginx, '/usr/bin/curl': curlProgram },
};
