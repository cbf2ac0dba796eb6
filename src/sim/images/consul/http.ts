import { uuid } from '../../../core/ids.ts';
import type { Server, ServerConn } from '../../net/net.ts';
import type { HttpRequest, HttpResponse, Message } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import {
  agentServiceJson,
  type Catalog,
  catalogJson,
  checkJson,
  entriesOf,
  healthJson,
  type NodeInfo,
  nodeJson,
} from './catalog.ts';
import type { AgentLog } from './log.ts';

const WAIT_DEFAULT_MS = 300_000;
const WAIT_MAX_MS = 600_000;
const RAFT_US = { median: 9_000, p95: 14_000 };

interface Answer {
  status?: number;
  body: unknown;
  index?: number;
}

/** The agent's HTTP API on port 8500: catalogue, health with blocking queries, agent, KV, status. */
export class ConsulHttp implements Server {
  constructor(
    readonly os: Os,
    readonly catalog: Catalog,
    readonly node: NodeInfo,
    readonly log: AgentLog,
  ) {}

  *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
    if (message.proto !== 'http' || message.kind !== 'request') {
      conn.close();
      return {
        proto: 'raw',
        kind: 'response',
        data: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request',
      };
    }
    const startUs = th.nowUs;
    const url = new URL(message.path, 'http://consul');
    const { status = 200, body, index } = yield* this.#answer(th, message, url);
    th.spend(200);
    this.os.useCpu(1_500);
    this.log.request(th, message, conn.peer, th.nowUs - startUs);
    return reply(status, body, index, url.searchParams.has('pretty'));
  }

  *#answer(th: Thread, request: HttpRequest, url: URL): Task<Answer> {
    const path = url.pathname.replace(/\/$/, '');
    const part = path.split('/');
    const { catalog, node } = this;
    if (request.method === 'PUT' || request.method === 'DELETE') return yield* this.#write(th, request, path);
    const service = decodeURIComponent(part[4] ?? '');
    if (path.startsWith('/v1/health/service/') || path.startsWith('/v1/catalog/service/')) {
      const index = yield* this.#block(th, url, () => catalog.indexOf(service));
      const list = entriesOf(catalog, service);
      return { body: list.map((s) => (part[2] === 'health' ? healthJson(node, s) : catalogJson(node, s))), index };
    }
    switch (path) {
      case '/v1/catalog/services': {
        const index = yield* this.#block(th, url, () => catalog.index);
        return { body: catalog.names(), index };
      }
      case '/v1/catalog/nodes':
        return { body: [nodeJson(node)], index: catalog.index };
      case '/v1/catalog/datacenters':
        return { body: ['dc1'] };
      case '/v1/agent/members':
        return { body: [memberJson(node)] };
      case '/v1/agent/services':
        return { body: Object.fromEntries([...catalog.services].map(([id, s]) => [id, agentServiceJson(s)])) };
      case '/v1/agent/checks':
        return { body: {} };
      case '/v1/agent/self':
        return { body: selfJson(node) };
      case '/v1/status/leader':
        return { body: '127.0.0.1:8300' };
      case '/v1/status/peers':
        return { body: ['127.0.0.1:8300'] };
      case `/v1/health/node/${node.name}`:
      case '/v1/health/state/any':
      case '/v1/health/state/passing':
        return { body: [checkJson(node)], index: 13 };
    }
    if (path.startsWith('/v1/agent/service/')) {
      const found = catalog.services.get(service);
      return found ? { body: agentServiceJson(found) } : { status: 404, body: `unknown service ID: ${service}` };
    }
    if (path.startsWith('/v1/health/checks/')) return { body: [], index: catalog.indexOf(service) };
    if (path.startsWith('/v1/health/')) return { body: [], index: catalog.index };
    if (path.startsWith('/v1/kv')) return this.#readKey(url, path.slice(7));
    if (path === '' || path === '/ui')
      return { status: path === '' ? 301 : 200, body: '<a href="/ui/">Moved Permanently</a>.\n' };
    return { status: 404, body: `Invalid URL path: not a recognized HTTP API endpoint` };
  }

  /** A blocking query: waits until the index passes `index`, or `wait` (default 5 min) is over. */
  *#block(th: Thread, url: URL, current: () => number): Task<number> {
    const wanted = Number(url.searchParams.get('index') ?? 0);
    if (!(wanted > 0)) return current();
    const waitMs = Math.min(waitOf(url.searchParams.get('wait')), WAIT_MAX_MS);
    const deadlineUs = th.nowUs + waitMs * 1000;
    while (current() <= wanted) {
      const leftMs = (deadlineUs - th.nowUs) / 1000;
      if (leftMs <= 0 || !(yield* th.wait(this.catalog.changed, leftMs))) break;
    }
    return current();
  }

  *#write(th: Thread, request: HttpRequest, path: string): Task<Answer> {
    const { catalog } = this;
    if (path === '/v1/agent/service/register') {
      const body = parse(request.body);
      const name = body?.['Name'];
      if (typeof name !== 'string' || name === '') return { status: 400, body: 'Missing service name' };
      const id = String(body?.['ID'] || name);
      this.log.beforeSync(th, [...catalog.services.keys()]);
      th.spend(this.os.rng.lognormal(RAFT_US.median, RAFT_US.p95));
      // Others learn of it through their blocking queries: not before it has happened.
      yield* th.sync();
      catalog.register({
        ID: id,
        Service: name,
        Tags: (body?.['Tags'] as string[] | undefined) ?? [],
        Address: String(body?.['Address'] ?? ''),
        Port: Number(body?.['Port'] ?? 0),
        Meta: (body?.['Meta'] as Record<string, string> | undefined) ?? null,
      });
      this.log.info(th, 'agent', `Synced service: service=${id}`);
      return { body: '' };
    }
    if (path.startsWith('/v1/agent/service/deregister/')) {
      const id = decodeURIComponent(path.slice(29));
      if (!catalog.deregister(id))
        return {
          status: 404,
          body: `Unknown service ID ${JSON.stringify(id)}. Ensure that the service ID is passed, not the service name.`,
        };
      this.log.info(th, 'agent', `Deregistered service: service=${id}`);
      return { body: '' };
    }
    if (path === '/v1/catalog/deregister') {
      const id = parse(request.body)?.['ServiceID'];
      if (typeof id === 'string') catalog.deregister(id);
      return { body: true };
    }
    if (path.startsWith('/v1/kv/')) {
      const key = decodeURIComponent(path.slice(7));
      if (request.method === 'DELETE') catalog.kv.delete(key);
      else catalog.put(key, request.body);
      return { body: true };
    }
    return { status: 405, body: `method ${request.method} not allowed` };
  }

  #readKey(url: URL, rawKey: string): Answer {
    const key = decodeURIComponent(rawKey);
    const { catalog } = this;
    const recurse = url.searchParams.has('recurse');
    const found = [...catalog.kv].filter(([k]) =>
      recurse || url.searchParams.has('keys') ? k.startsWith(key) : k === key,
    );
    if (found.length === 0) return { status: 404, body: '', index: catalog.index };
    if (url.searchParams.has('keys')) return { body: found.map(([k]) => k).sort(), index: catalog.index };
    if (url.searchParams.has('raw')) return { body: found[0]?.[1].value ?? '', index: catalog.index };
    const body = found.map(([k, v]) => ({
      LockIndex: 0,
      Key: k,
      Flags: v.flags,
      Value: Buffer.from(v.value).toString('base64'),
      CreateIndex: v.createIndex,
      ModifyIndex: v.modifyIndex,
    }));
    return { body, index: catalog.index };
  }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function waitOf(text: string | null): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text ?? '');
  if (!match) return WAIT_DEFAULT_MS;
  return Number(match[1]) * ({ ms: 1, s: 1_000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'] as number);
}

function reply(status: number, body: unknown, index: number | undefined, pretty: boolean): HttpResponse {
  const plain = typeof body === 'string' && (status !== 200 || body === '' || !body.startsWith('127.'));
  const text = plain
    ? (body as string)
    : `${JSON.stringify(body, undefined, pretty ? 4 : undefined)}${pretty ? '\n' : ''}`;
  const headers: Record<string, string> = {
    'Content-Type': plain ? 'text/plain; charset=utf-8' : 'application/json',
    'X-Consul-Default-Acl-Policy': 'allow',
    'Content-Length': String(text.length),
  };
  if (index !== undefined) {
    headers['X-Consul-Index'] = String(index);
    headers['X-Consul-Knownleader'] = 'true';
    headers['X-Consul-Lastcontact'] = '0';
  }
  return { proto: 'http', kind: 'response', status, headers, body: text, bytes: text.length + 200 };
}

export function memberJson(node: NodeInfo): object {
  return {
    Name: node.name,
    Addr: '127.0.0.1',
    Port: 8301,
    Tags: {
      acls: '0',
      ap: 'default',
      build: `${node.version}:62d2b8d4`,
      dc: 'dc1',
      ft_fs: '1',
      ft_si: '1',
      grpc_port: '8502',
      id: node.id,
      port: '8300',
      raft_vsn: '3',
      role: 'consul',
      segment: '',
      vsn: '2',
      vsn_max: '3',
      vsn_min: '2',
      wan_join_port: '8302',
    },
    Status: 1,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

function selfJson(node: NodeInfo): object {
  return {
    Config: {
      Datacenter: 'dc1',
      PrimaryDatacenter: 'dc1',
      NodeName: node.name,
      NodeID: node.id,
      Server: true,
      Revision: '62d2b8d4',
      Version: node.version,
    },
    Member: memberJson(node),
    Meta: { 'consul-network-segment': '', 'consul-version': node.version },
  };
}

export function newNode(os: Os, version: string): NodeInfo {
  return { id: uuid(os.rng), name: os.hostname, address: os.address, version };
}
