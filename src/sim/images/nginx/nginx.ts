import { byteLength } from '../../../core/bytes.ts';
import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import { NetError } from '../../net/net.ts';
import type { HttpRequest } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { curlProgram } from '../curl/curl.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { ConfigError, type ConfigFiles, type Directive, parseConfig } from './config.ts';
import { type Exchange, page, pick, type Resolved, serve, VERSION } from './serve.ts';
import { buildSite, type Site, upstreamHosts } from './site.ts';

/** nginx as its official image runs it: the entrypoint's lines, the configuration's checks, serving and proxying. */

const CONFIG = '/etc/nginx/nginx.conf';
const PID_FILE = '/run/nginx.pid';
const BIND_TRIES = 5;
const BIND_PAUSE_MS = 500;

interface Loaded {
  site: Site;
  resolved: Resolved;
}

function stamp(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');
}

function configFiles(os: Os): ConfigFiles {
  const { fs } = os;
  return {
    read: (path) => (fs.exists(path) && fs.stat(path).type !== 'dir' ? fs.read(path) : undefined),
    match: (pattern) => {
      const at = pattern.lastIndexOf('/');
      const dir = pattern.slice(0, at);
      const name = new RegExp(
        `^${pattern
          .slice(at + 1)
          .replace(/[.+^${}()|\\]/g, '\\$&')
          .replaceAll('*', '[^.][^/]*')
          .replaceAll('?', '.')}$`,
      );
      return fs.exists(dir)
        ? fs
            .list(dir)
            .filter((entry) => name.test(entry))
            .map((entry) => `${dir}/${entry}`)
        : [];
    },
  };
}

/** Reads, checks and resolves the configuration. Throws {@link ConfigError}. */
function* load(os: Os, file: string): Task<Loaded> {
  const config: Directive[] = parseConfig(configFiles(os), file);
  const site = buildSite(config);
  const resolved = new Map<string, string[]>();
  for (const { host, place, url } of upstreamHosts(config, site.upstreams)) {
    if (/^\d+(\.\d+){3}$/.test(host)) resolved.set(host, [host]);
    if (resolved.has(host)) continue;
    try {
      resolved.set(host, yield* os.resolve(os.main, host));
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      throw new ConfigError(`host not found in upstream "${url}" in ${place}`);
    }
  }
  return { site, resolved };
}

function option(os: Os, letter: string): string | undefined {
  const at = os.argv.indexOf(`-${letter}`);
  return at < 0 ? undefined : os.argv[at + 1];
}

const nginx: Program = function* (os) {
  if (os.argv.includes('-v') || os.argv.includes('-V')) {
    os.stderr.write(`nginx version: nginx/${VERSION}\n`);
    return 0;
  }
  const file = option(os, 'c') ?? CONFIG;
  const signal = option(os, 's');
  if (signal !== undefined) return sendSignal(os, signal);
  let loaded: Loaded;
  try {
    loaded = yield* load(os, file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (os.argv.includes('-t') || os.argv.includes('-T')) {
      os.stderr.write(`nginx: [emerg] ${error.message}\nnginx: configuration file ${file} test failed\n`);
      return 1;
    }
    os.stderr.write(
      `${stamp(os.main.nowMs)} [emerg] ${os.pid}#${os.pid}: ${error.message}\nnginx: [emerg] ${error.message}\n`,
    );
    return 1;
  }
  if (os.argv.includes('-t') || os.argv.includes('-T')) {
    os.stderr.write(
      `nginx: the configuration file ${file} syntax is ok\nnginx: configuration file ${file} test is successful\n`,
    );
    return 0;
  }
  return yield* new Master(os, file, loaded).run();
};

function sendSignal(os: Os, signal: string): number {
  const names = { stop: 'SIGTERM', quit: 'SIGTERM', reload: 'SIGHUP', reopen: 'SIGUSR1' } as const;
  if (!(signal in names)) {
    os.stderr.write(`nginx: invalid option: "-s ${signal}"\n`);
    return 1;
  }
  const pid = os.fs.exists(PID_FILE) ? Number(os.fs.read(PID_FILE)) : Number.NaN;
  if (Number.isNaN(pid)) {
    os.stderr.write(`nginx: [error] open() "${PID_FILE}" failed (2: No such file or directory)\n`);
    return 1;
  }
  os.stderr.write(`${stamp(os.main.nowMs)} [notice] ${os.pid}#${os.pid}: signal process started\n`);
  os.kill(pid, names[signal as keyof typeof names]);
  return 0;
}

class Master {
  readonly #open = new Map<number, { close(): void }>();
  #requests = 0;

  constructor(
    readonly os: Os,
    readonly file: string,
    public loaded: Loaded,
  ) {}

  #notice(text: string): void {
    const { os } = this;
    os.stderr.write(`${stamp(os.main.nowMs)} [notice] ${os.pid}#${os.pid}: ${text}\n`);
  }

  #fatal(text: string): number {
    const { os } = this;
    os.stderr.write(`${stamp(os.main.nowMs)} [emerg] ${os.pid}#${os.pid}: ${text}\nnginx: [emerg] ${text}\n`);
    return 1;
  }

  *run(): Task<number> {
    const { os } = this;
    os.setMemory(6 * 1024 * 1024);
    os.endsOnSignal('SIGTERM', 0);
    os.endsOnSignal('SIGINT', 0);
    const failed = yield* this.#bind();
    if (failed !== undefined) return failed;
    try {
      os.fs.mkdir('/var/cache/nginx/client_temp', { recursive: true });
      os.fs.mkdir('/run', { recursive: true });
      os.fs.write(PID_FILE, `${os.pid}\n`);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return this.#fatal(unwritable(error));
    }
    const kernel = /version (\S+)/.exec(os.fs.exists('/proc/version') ? os.fs.read('/proc/version') : '')?.[1] ?? '';
    for (const text of [
      'using the "epoll" event method',
      `nginx/${VERSION}`,
      'built by gcc 12.2.0 (Debian 12.2.0-14) ',
      `OS: Linux ${kernel}`,
      'getrlimit(RLIMIT_NOFILE): 1048576:1048576',
      'start worker processes',
    ])
      this.#notice(text);
    os.on('SIGHUP', () => {
      os.thread(() => this.#reload());
    });
    for (;;) yield* os.main.sleep(86_400_000);
  }

  *#reload(): Task<void> {
    const { os } = this;
    this.#notice('signal 1 (SIGHUP) received, reconfiguring');
    this.#notice('reconfiguring');
    try {
      this.loaded = yield* load(os, this.file);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      os.stderr.write(`${stamp(os.main.nowMs)} [emerg] ${os.pid}#${os.pid}: ${error.message}\n`);
      return;
    }
    yield* this.#bind();
    this.#notice('start worker processes');
  }

  /** Opens the ports of the configuration and closes others. Exit code when one is taken by somebody else. */
  *#bind(): Task<number | undefined> {
    const { os } = this;
    const wanted = new Set(this.loaded.site.servers.flatMap((server) => server.ports.map(({ port }) => port)));
    for (const [port, listener] of this.#open) {
      if (wanted.has(port)) continue;
      listener.close();
      this.#open.delete(port);
    }
    for (const port of wanted) {
      if (this.#open.has(port)) continue;
      for (let tries = 0; ; tries++) {
        try {
          this.#open.set(port, this.#listen(port));
          break;
        } catch (error) {
          if (!(error instanceof NetError)) throw error;
          const text = `bind() to 0.0.0.0:${port} failed (98: Address already in use)`;
          this.#fatal(text);
          if (tries === BIND_TRIES - 1) return this.#fatal('still could not bind()');
          yield* os.main.sleep(BIND_PAUSE_MS);
        }
      }
    }
    return undefined;
  }

  #listen(port: number): { close(): void } {
    const { os } = this;
    const worker = os.pid + 28;
    const master = this;
    return os.listen(port, {
      handle: function* (th, message, conn) {
        if (message.proto !== 'http' || message.kind !== 'request') return page(400);
        const request: HttpRequest = message;
        const { site, resolved } = master.loaded;
        const host = request.headers['host'] ?? '';
        const server = pick(site, port, host);
        const client = conn.peer.ip;
        const id = ++master.#requests;
        const line = `${request.method} ${request.path} HTTP/1.1`;
        const logError = (text: string): void => {
          const [what = '', upstream] = text.split('|');
          os.stderr.write(
            `${stamp(th.nowMs)} [error] ${worker}#${worker}: *${id} ${what}, client: ${client}, server: ${server.names[0] ?? ''}, request: "${line}"${upstream ? `, ${upstream}` : ''}, host: "${host}"\n`,
          );
        };
        const uri = decodeURI(request.path.split('?')[0] as string);
        const x: Exchange = {
          os,
          th,
          site,
          resolved,
          request,
          client,
          port,
          server,
          uri,
          variables: new Map(),
          logError,
        };
        const response = yield* serve(x);
        os.useCpu(80);
        os.stdout.write(
          `${client} - - [${logDate(th.nowMs)}] "${line}" ${response.status} ${byteLength(response.body)} "${request.headers['referer'] ?? '-'}" "${request.headers['user-agent'] ?? '-'}" "${request.headers['x-forwarded-for'] ?? '-'}"\n`,
        );
        return request.method === 'HEAD' ? { ...response, body: '' } : response;
      },
    });
  }
}

function unwritable({ code, path }: FsError): string {
  const reason = code === 'EROFS' ? '30: Read-only file system' : '13: Permission denied';
  return path === PID_FILE
    ? `open() "${PID_FILE}" failed (${reason})`
    : `mkdir() "/var/cache/nginx/client_temp" failed (${reason})`;
}

function logDate(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T');
  const [year, month, day] = date.split('-');
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return `${day}/${names[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** What the official image's entrypoint says before nginx takes over; other commands start without a word. */
const ENTRYPOINT = `#!/bin/sh
if [ "$1" = nginx ]; then
  say() { echo "/docker-entrypoint.sh: $*"; }
  say "/docker-entrypoint.d/ is not empty, will attempt to perform configuration"
  say "Looking for shell scripts in /docker-entrypoint.d/"
  say "Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh"
  if [ ! -f /etc/nginx/conf.d/default.conf ]; then
    echo "10-listen-on-ipv6-by-default.sh: info: /etc/nginx/conf.d/default.conf is not a file or does not exist"
  elif [ ! -w /etc/nginx/conf.d/default.conf ]; then
    echo "10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)"
  else
    echo "10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf"
    echo "10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf"
  fi
  say "Sourcing /docker-entrypoint.d/15-local-resolvers.envsh"
  say "Launching /docker-entrypoint.d/20-envsubst-on-templates.sh"
  say "Launching /docker-entrypoint.d/30-tune-worker-processes.sh"
  say "Configuration complete; ready for start up"
fi
exec "$@"
`;

const NGINX_CONF = `
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`;

const DEFAULT_CONF = `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

const htmlPage = (title: string): string =>
  `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n</body>\n</html>\n`;

const nginxOf = (repository: string, tags: string[]): ImageDef => ({
  repository,
  tags,
  sizeBytes: 72_188_133,
  digest: digestOf(repository),
  config: {
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    exposedPorts: [80],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', NGINX_VERSION: VERSION },
  },
  files: {
    ...baseFiles('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'),
    '/docker-entrypoint.sh': { content: ENTRYPOINT, mode: 0o755 },
    '/usr/share/nginx/html/index.html': htmlPage('Welcome to nginx!'),
    '/usr/share/nginx/html/50x.html': htmlPage('Error'),
    '/etc/nginx/nginx.conf': NGINX_CONF,
    '/etc/nginx/mime.types': 'types {\n}\n',
    '/etc/nginx/conf.d/default.conf': DEFAULT_CONF,
    '/var/log/nginx/.keep': '',
  },
  programs: { ...debianPrograms(), '/usr/sbin/nginx': nginx, '/usr/bin/curl': curlProgram },
});

export const nginxImage = nginxOf('docker.io/library/nginx', [
  'latest',
  '1',
  '1.14.2',
  '1.16.1',
  '1.21',
  '1.25',
  '1.27',
  '1.27.4',
  'stable',
  'alpine',
  '1.27-alpine',
]);

/** The mirror that Kubernetes' own tests take nginx from. */
export const nginxE2eImage = nginxOf('registry.k8s.io/e2e-test-images/nginx', [
  '1.14-1',
  '1.14-2',
  '1.14-4',
  '1.15-1',
  '1.15-2',
  '1.15-4',
]);
