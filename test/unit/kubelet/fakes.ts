import { clone, type Json, type KubeObject } from '../../../src/kube/object.ts';
import type { ApiClient, WatchHandler } from '../../../src/sim/api/api.ts';
import type { ImageDef } from '../../../src/sim/images/image.ts';
import { type Kubelet, startKubelet } from '../../../src/sim/kubelet/kubelet.ts';
import { registerNodes } from '../../../src/sim/kubelet/node.ts';
import { type Conn, NetError, type NetNamespace, type Network, type Server } from '../../../src/sim/net/net.ts';
import type { Message } from '../../../src/sim/net/protocols.ts';
import type { Os, Program } from '../../../src/sim/process/os.ts';
import { Signal } from '../../../src/sim/process/task.ts';
import { World } from '../../../src/sim/world.ts';

export interface FakeEvent {
  at: number;
  name: string;
  type: string;
  reason: string;
  message: string;
}

/** The API as the kubelet needs it: a map with versions, watches and recorded events. */
export class FakeApi implements ApiClient {
  readonly objects = new Map<string, KubeObject>();
  readonly recorded: FakeEvent[] = [];
  /** Every status of every pod in the order written. */
  readonly history: { at: number; pod: KubeObject }[] = [];
  #watches: { ref: string; handler: WatchHandler }[] = [];
  #version = 1;

  constructor(readonly world: World) {}

  #key(kind: string, namespace: string | undefined, name: string): string {
    return `${kind}|${namespace ?? ''}|${name}`;
  }
  #ref(ref: unknown): string {
    return String(ref).split('/').pop() as string;
  }
  get(ref: Json, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.objects.get(this.#key(this.#ref(ref), namespace, name));
  }
  list(ref: Json, namespace?: string): readonly KubeObject[] {
    const kind = this.#ref(ref);
    return [...this.objects.values()].filter(
      (o) => o.kind === kind && (!namespace || o.metadata.namespace === namespace),
    );
  }
  #put(object: KubeObject, old: KubeObject | undefined): KubeObject {
    object.metadata.resourceVersion = String(this.#version++);
    this.objects.set(this.#key(object.kind, object.metadata.namespace, object.metadata.name), object);
    if (object.kind === 'Pod') this.history.push({ at: this.world.nowMs, pod: object });
    this.#notify(old ? 'MODIFIED' : 'ADDED', object, old);
    return object;
  }
  #notify(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject, old?: KubeObject): void {
    for (const { ref, handler } of this.#watches) {
      if (ref === object.kind) this.world.after(0, () => handler(type, object, old));
    }
  }
  create(object: Json): KubeObject {
    const made = clone(object) as KubeObject;
    made.metadata.uid = this.world.uuid();
    made.metadata.creationTimestamp = this.world.nowIso;
    made.metadata.generation = 1;
    return this.#put(made, undefined);
  }
  update(object: KubeObject): KubeObject {
    return this.#put(clone(object), this.get(object.kind, object.metadata.namespace, object.metadata.name));
  }
  modify(
    ref: Json,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void,
    subresource?: 'status',
  ): KubeObject | undefined {
    const old = this.get(ref, namespace, name);
    if (!old) return undefined;
    const draft = clone(old);
    change(draft);
    if (JSON.stringify(draft) === JSON.stringify(old)) return old;
    if (!subresource) draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
    return this.#put(draft, old);
  }
  delete(ref: Json, namespace: string | undefined, name: string, options: Json = {}): void {
    const old = this.get(ref, namespace, name);
    if (!old) return;
    if (old.kind === 'Pod' && options.gracePeriodSeconds !== 0) {
      this.modify(ref, namespace, name, (draft) => {
        draft.metadata.deletionTimestamp = this.world.nowIso;
        draft.metadata.deletionGracePeriodSeconds =
          options.gracePeriodSeconds ?? old.spec.terminationGracePeriodSeconds ?? 30;
      });
      return;
    }
    this.objects.delete(this.#key(old.kind, namespace, name));
    this.#notify('DELETED', old);
  }
  watch(ref: Json, handler: WatchHandler): () => void {
    const entry = { ref: this.#ref(ref), handler };
    this.#watches.push(entry);
    for (const object of this.list(ref)) handler('ADDED', object);
    return () => {
      this.#watches = this.#watches.filter((w) => w !== entry);
    };
  }
  readonly events = {
    record: (e: Json): void => {
      const { type, reason, message, regarding } = e;
      this.recorded.push({ at: this.world.nowMs, name: regarding.metadata.name, type, reason, message });
    },
  };
}

/** Direct connections by address and port, without latency. */
export class FakeNetwork implements Network {
  readonly servers = new Map<string, Server>();
  readonly attached = new Set<string>();
  attach(ns: NetNamespace): void {
    this.attached.add(ns.ip);
  }
  detach(ns: NetNamespace): void {
    this.attached.delete(ns.ip);
  }
  listen(ns: NetNamespace, port: number, server: Server) {
    const key = `${ns.ip}:${port}`;
    this.servers.set(key, server);
    return { port, close: () => void this.servers.delete(key) };
  }
  *dial(_th: unknown, ns: NetNamespace, host: string, port: number): Generator<never, Conn, void> {
    const ip = host === '127.0.0.1' ? ns.ip : host;
    const server = this.servers.get(`${ip}:${port}`);
    if (!server) throw new NetError('ECONNREFUSED', { ip, port, syscall: 'connect' });
    const local = { ip: ns.ip, port: 40000 };
    const remote = { ip, port };
    const serverConn = { id: 1, peer: local, local: remote, state: undefined, close() {} };
    server.open?.(serverConn);
    return {
      local,
      remote,
      isOpen: true,
      closed: new Signal(),
      request: (th: Json, message: Message) => server.handle(th, message, serverConn) as Json,
      close() {},
    };
  }
  *resolve(_th: unknown, _ns: unknown, host: string): Generator<never, string[], void> {
    return [host];
  }
  listeners() {
    return [];
  }
  counters() {
    return { rxBytes: 1, txBytes: 2, rxPackets: 3, txPackets: 4, rxDropped: 0, txDropped: 0 };
  }
}

/** `run SECONDS CODE [TEXT]`: says TEXT, waits, exits. Ends on SIGTERM with 0 when argv[0] is `polite`. */
const run: Program = function* (os: Os) {
  const [name, seconds = '0', code = '0', text] = os.argv;
  if (text !== undefined) os.stdout.write(`${text}\n`);
  if (name === 'polite') os.on('SIGTERM', () => os.exit(0));
  yield* os.main.sleep(Number(seconds) * 1000);
  return Number(code);
};

/** `serve PORT`: answers HTTP with the status in /status (200 when absent). */
const serve: Program = function* (os: Os) {
  os.listen(Number(os.argv[1]), {
    *handle() {
      const status = os.fs.exists('/status') ? Number(os.fs.read('/status')) : 200;
      return { proto: 'http', kind: 'response', status, headers: {}, body: '' };
    },
  });
  yield* os.main.sleep(1e9);
  return 0;
};

/** A program that does its work at once. */
function instant(work: (os: Os) => number): Program {
  return function* (os) {
    return work(os);
  };
}

/** `put FILE TEXT`, `cat FILE`, `env NAME`, `eat BYTES`, `bug`. */
const programs: Record<string, Program> = {
  '/bin/run': run,
  '/bin/polite': run,
  '/bin/serve': serve,
  '/bin/put': instant((os) => {
    os.fs.write(os.argv[1] as string, os.argv[2] as string);
    return 0;
  }),
  '/bin/cat': instant((os) => {
    if (!os.fs.exists(os.argv[1] as string)) {
      os.stderr.write(`cat: can't open '${os.argv[1]}': No such file or directory\n`);
      return 1;
    }
    os.stdout.write(os.fs.read(os.argv[1] as string));
    return 0;
  }),
  '/bin/env': instant((os) => {
    os.stdout.write(
      Object.entries(os.env)
        .map(([k, v]) => `${k}=${v}\n`)
        .join(''),
    );
    return 0;
  }),
  *'/bin/eat'(os) {
    yield* os.main.sleep(1000);
    os.setMemory(Number(os.argv[1]));
    return 0;
  },
  '/bin/bug': instant(() => {
    throw new TypeError('broken program');
  }),
};

export const image: ImageDef = {
  repository: 'docker.io/library/tools',
  tags: ['1'],
  sizeBytes: 40_000_000,
  digest: `sha256:${'ab'.repeat(32)}`,
  config: { cmd: ['run', '1000000'] },
  files: { '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' },
  programs,
};

export const catalog = {
  resolve: (ref: string) => (/^(docker\.io\/library\/)?tools:1$/.test(ref) ? image : undefined),
};

export interface Bed {
  world: World;
  api: FakeApi;
  network: FakeNetwork;
  kubelet: Kubelet;
  pod(name: string, spec: Json): KubeObject;
  get(name: string): KubeObject;
  /** `reason xN` style list of the pod's events, without repetitions. */
  events(name: string): string[];
}

/** A node with its kubelet, and a way to put pods on it. */
export function bed(options: { prePulled?: string[] } = {}): Bed {
  const world = new World({ seed: 'kubelet' });
  const api = new FakeApi(world);
  const network = new FakeNetwork();
  registerNodes({ world, api });
  const { prePulled = ['tools:1'] } = options;
  const kubelet = startKubelet({ world, api, nodeName: 'kind-worker', network, images: catalog, prePulled });
  return {
    world,
    api,
    network,
    kubelet,
    pod(name, spec) {
      const { containers, ...rest } = spec;
      return api.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'ns' },
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          nodeName: 'kind-worker',
          containers: containers.map((c: Json) => ({ name: 'main', image: 'tools:1', ...c })),
          ...rest,
        },
        status: { phase: 'Pending' },
      });
    },
    get: (name) => api.get('v1/Pod', 'ns', name) as KubeObject,
    events: (name) => {
      const seen = api.recorded.filter((e) => e.name === name).map((e) => `${e.type} ${e.reason}: ${e.message}`);
      return [...new Set(seen)];
    },
  };
}

/** Short text of a container's state through a pod's life, one entry per change. */
export function stateHistory(b: Bed, name: string): string[] {
  const out: string[] = [];
  for (const { pod } of b.api.history) {
    if (pod.metadata.name !== name || !pod.status.containerStatuses) continue;
    const parts = pod.status.containerStatuses.map((s: Json) => {
      const [kind, v] = Object.entries(s.state)[0] as [string, Json];
      const last = s.lastState?.terminated ? ` last=${s.lastState.terminated.reason}` : '';
      return `${kind}${v.reason ? `(${v.reason})` : ''}${last} rc=${s.restartCount}${s.ready ? ' ready' : ''}`;
    });
    const text = `${pod.status.phase} ${parts.join(', ')}`;
    if (out.at(-1) !== text) out.push(text);
  }
  return out;
}
