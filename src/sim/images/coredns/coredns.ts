import { createHash } from 'node:crypto';
import type { ApiClient } from '../../api/api.ts';
import { type DnsQuestion, dnsResponse } from '../../net/dns.ts';
import { NetError, type Server } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { answer } from './answer.ts';
import { CorefileError, parseCorefile, type ServerBlock } from './corefile.ts';
import { ClusterRecords } from './records.ts';

const VERSION = '1.12.1';
const RELOAD_MS = 30_000;
const API_CHECK_MS = 5_000;
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** What the kubernetes plugin lists before it answers. */
const LISTED = [
  '/api/v1/services?limit=1',
  '/api/v1/namespaces?limit=1',
  '/apis/discovery.k8s.io/v1/endpointslices?limit=1',
];

/** CoreDNS. `api` stands for the watches that its kubernetes plugin holds; they live only while the API server can be dialled. */
export function corednsImage(api: ApiClient): ImageDef {
  return {
    repository: 'registry.k8s.io/coredns/coredns',
    tags: ['v1.11.1', 'v1.11.3', 'v1.12.0', 'v1.12.1', 'v1.13.1'],
    sizeBytes: 22_380_000,
    digest: digestOf('registry.k8s.io/coredns/coredns'),
    config: { entrypoint: ['/coredns'], workingDir: '/', exposedPorts: [53], uid: 65532 },
    files: {},
    programs: { '/coredns': corednsProgram(api) },
  };
}

export function corednsProgram(api: ApiClient): Program {
  return function* (os) {
    os.endsOnSignal('SIGTERM', 0);
    os.endsOnSignal('SIGINT', 0);
    os.setMemory(14 * 1024 * 1024);
    const at = os.argv.indexOf('-conf');
    const file = at >= 0 ? (os.argv[at + 1] as string) : 'Corefile';
    let text = '';
    let blocks: ServerBlock[];
    try {
      text = os.fs.read(file.startsWith('/') ? file : `${os.cwd}/${file}`);
      blocks = parseCorefile(text);
    } catch (error) {
      if (!(error instanceof CorefileError) && !(error instanceof FsError)) throw error;
      os.stderr.write(`${error instanceof FsError ? `open ${file}: no such file or directory` : error.message}\n`);
      return 1;
    }
    const server = new CoreDns(os, api, text, blocks);
    try {
      return yield* server.run(file);
    } finally {
      server.records.stop();
    }
  };
}

class CoreDns {
  readonly records: ClusterRecords;
  #synced = false;

  constructor(
    readonly os: Os,
    api: ApiClient,
    public text: string,
    public blocks: ServerBlock[],
  ) {
    this.records = new ClusterRecords(api);
  }

  #has(plugin: string): boolean {
    return this.blocks.some((block) => block.plugins.some((directive) => directive.name === plugin));
  }

  *run(file: string): Task<number> {
    const { os } = this;
    if (this.#has('kubernetes') && !os.env['KUBERNETES_SERVICE_HOST']) {
      os.stderr.write(
        'plugin/kubernetes: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined\n',
      );
      return 1;
    }
    yield* this.#firstSync();
    this.#listen();
    os.stdout.write(`${this.blocks.map((block) => `${block.zones[0] || '.'}:${block.port}`).join('\n')}\n`);
    os.stdout.write(`[INFO] plugin/reload: Running configuration SHA512 = ${sha512(this.text)}\n`);
    os.stdout.write(`CoreDNS-${VERSION}\nlinux/amd64, go1.24.1, 707c7c1\n`);
    os.thread((th) => this.#followApi(th));
    for (;;) {
      yield* os.main.sleep(RELOAD_MS + os.rng.int(15_000));
      if (this.#has('reload')) this.#reload(file);
    }
  }

  /** Waits up to 5 s for the API, then serves without it, as the plugin does. */
  *#firstSync(): Task<void> {
    if (!this.#has('kubernetes')) return;
    for (let tries = 0; tries < 10; tries++) {
      if (yield* this.#listed(this.os.main, 500)) {
        this.#setSynced(true);
        return;
      }
      this.os.stdout.write('[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server\n');
      yield* this.os.main.sleep(500);
    }
    this.os.stdout.write('[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API\n');
  }

  /** The first lists of the plugin's reflectors: they need the API server, and the right to list and watch there. */
  *#listed(th: Thread, timeoutMs: number): Task<boolean> {
    for (const path of LISTED) {
      const status = yield* this.#get(th, path, timeoutMs);
      if (status === 200) continue;
      if (status !== undefined) this.os.stdout.write('[ERROR] plugin/kubernetes: Failed to watch\n');
      return false;
    }
    return true;
  }

  /** Status of a GET to the API with the pod's token; undefined without an answer. */
  *#get(th: Thread, path: string, timeoutMs: number): Task<number | undefined> {
    const { env, fs } = this.os;
    const token = fs.exists(TOKEN_FILE) ? fs.read(TOKEN_FILE) : undefined;
    const host = env['KUBERNETES_SERVICE_HOST'] as string;
    try {
      const conn = yield* this.os.dial(th, host, Number(env['KUBERNETES_SERVICE_PORT'] ?? 443), { timeoutMs });
      try {
        const headers = { host, accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
        const request = { proto: 'http', kind: 'request', method: 'GET', path, headers, body: '' } as const;
        return (yield* conn.request<HttpResponse>(th, request, { timeoutMs })).status;
      } finally {
        conn.close();
      }
    } catch (error) {
      if (error instanceof NetError) return undefined;
      throw error;
    }
  }

  *#reachable(th: Thread, timeoutMs: number): Task<boolean> {
    const { env } = this.os;
    try {
      const port = Number(env['KUBERNETES_SERVICE_PORT'] ?? 443);
      const conn = yield* this.os.dial(th, env['KUBERNETES_SERVICE_HOST'] as string, port, { timeoutMs });
      conn.close();
      return true;
    } catch (error) {
      if (error instanceof NetError) return false;
      throw error;
    }
  }

  #setSynced(synced: boolean): void {
    this.#synced = synced;
    if (synced) this.records.connect();
    else this.records.disconnect();
  }

  *#followApi(th: Thread): Task<void> {
    while (this.#has('kubernetes')) {
      yield* th.sleep(API_CHECK_MS);
      // what is watched goes on until the connection breaks; a lost right shows at the next list
      const reachable = yield* this.#reachable(th, 3_000);
      if (this.#synced ? !reachable : reachable && (yield* this.#listed(th, 3_000))) this.#setSynced(reachable);
      if (!reachable) {
        const { env } = this.os;
        this.os.stdout.write(
          `[ERROR] plugin/kubernetes: Unhandled Error: pkg/mod/k8s.io/client-go/tools/cache/reflector.go: Failed to watch *v1.Service: Get "https://${env['KUBERNETES_SERVICE_HOST']}:443/api/v1/services?allowWatchBookmarks=true&watch=true": dial tcp ${env['KUBERNETES_SERVICE_HOST']}:443: connect: connection refused\n`,
        );
      }
    }
  }

  #listen(): void {
    const { os } = this;
    const resolver = { os, records: this.records, blocks: () => this.blocks };
    const dns: Server = {
      handle: function* (th, message) {
        if (message.proto !== 'dns') throw new NetError('ECONNRESET');
        const question = message.data as DnsQuestion;
        th.spend(80);
        os.useCpu(60);
        const result = yield* answer(resolver, th, question);
        return dnsResponse(result);
      },
    };
    for (const port of new Set(this.blocks.map((block) => block.port))) {
      os.listen(port, dns, { transport: 'udp' });
      os.listen(port, dns);
    }
    if (this.#has('health'))
      os.listen(
        8080,
        http(() => [200, 'OK']),
      );
    if (this.#has('ready'))
      os.listen(
        8181,
        http(() => (this.#synced || !this.#has('kubernetes') ? [200, 'OK'] : [503, 'kubernetes'])),
      );
    if (this.#has('prometheus'))
      os.listen(
        9153,
        http(() => [200, '# HELP coredns_build_info\n']),
      );
  }

  #reload(file: string): void {
    const { os } = this;
    let text: string;
    try {
      text = os.fs.read(file.startsWith('/') ? file : `${os.cwd}/${file}`);
    } catch (error) {
      if (error instanceof FsError) return;
      throw error;
    }
    if (text === this.text) return;
    os.stdout.write('[INFO] Reloading\n');
    try {
      this.blocks = parseCorefile(text);
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      os.stdout.write(
        `[ERROR] Restart failed: ${error.message}\n[ERROR] plugin/reload: Corefile changed but reload failed: ${error.message}\n`,
      );
      return;
    }
    this.text = text;
    os.stdout.write(
      `[INFO] plugin/reload: Running configuration SHA512 = ${sha512(text)}\n[INFO] Reloading complete\n`,
    );
  }
}

function sha512(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}

function http(respond: () => [number, string]): Server {
  return {
    handle: function* () {
      const [status, body] = respond();
      return {
        proto: 'http',
        kind: 'response',
        status,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body,
      };
    },
  };
}
