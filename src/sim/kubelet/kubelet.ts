import type { KubeObject } from '../../kube/object.ts';
import type { ApiClient, ContainerStats, ExecRequest, ExecSession, NodeApi } from '../api/api.ts';
import { plain } from '../api/errors.ts';
import type { ImageCatalog } from '../images/image.ts';
import type { Conn, NetNamespace, Network } from '../net/net.ts';
import { dirNode, type FsNode, fileNode } from '../process/memory-fs.ts';
import type { SignalName } from '../process/os.ts';
import type { Task, Thread } from '../process/task.ts';
import type { Timer, World } from '../world.ts';
import { admissionRefusal } from './admission.ts';
import { Backoff } from './backoff.ts';
import { execInContainer } from './exec.ts';
import { NodeImages } from './images.ts';
import { MACHINE, NODES, type NodeSpec, nodeStatus, renewLease } from './node.ts';
import { type NodeContext, RELIST_MS } from './node-context.ts';
import { type LogOptions, podLogs } from './pod-logs.ts';
import { PodWorker } from './pod-worker.ts';
import { refusalOf } from './refusal.ts';
import { accepted, REFUSED_MS } from './refused.ts';
import { machineSlowdown } from './slowdown.ts';
import { podStats } from './stats.ts';

export interface KubeletOptions {
  world: World;
  api: ApiClient;
  /** One of the nodes. */
  nodeName: string;
  /** The cluster's nodes; {@link NODES} when not given. */
  nodes?: readonly NodeSpec[];
  network: Network;
  images: ImageCatalog;
  /** Directory of the host that every node mounts at `/data`, as kind's extraMounts do: what lies there is the same on all nodes. */
  shared?: FsNode;
  /** References that the node has from the start. */
  prePulled?: readonly string[];
  clusterDns?: string;
  clusterDomain?: string;
}

const HEARTBEAT_MS = 10_000;
/** nodeStatusReportFrequency: a status without changes is written this often. */
const STATUS_MS = 300_000;

/** The node agent: runs the pods bound to its node and answers for them. */
export interface Kubelet extends NodeApi {
  readonly nodeName: string;
  /** Stops the agent (not the containers): no heartbeats, no probes, no restarts. The node becomes NotReady by itself. */
  stop(): void;
  /** Starts the agent again after {@link Kubelet.stop}; it takes over the containers that still run. */
  start(): void;
  /** Sends a signal to process 1 from outside. False when no such container runs. */
  killContainer(podUid: string, container: string, signal?: SignalName): boolean;
}

export function startKubelet(options: KubeletOptions): Kubelet {
  return new NodeKubelet(options);
}

class NodeKubelet implements Kubelet {
  readonly nodeName: string;
  readonly #node: NodeContext;
  readonly #workers = new Map<string, PodWorker>();
  readonly #timers: Timer[] = [];
  readonly #spec: NodeSpec;
  #unwatch: (() => void) | undefined;

  constructor(options: KubeletOptions) {
    const spec = (options.nodes ?? NODES).find((n) => n.name === options.nodeName);
    if (!spec) throw new RangeError(`unknown node ${options.nodeName}`);
    this.nodeName = spec.name;
    this.#node = nodeContext(options, spec, this.#workers);
    this.#spec = spec;
    options.network.attach(this.#node.ns);
    this.start();
  }

  start(): void {
    if (this.#unwatch) return;
    const { world, api } = this.#node;
    const { name } = this.#spec;
    const report = (): void => {
      const images = this.#node.images.list();
      const write = (draft: KubeObject): void => {
        draft.status = nodeStatus(world, this.#spec, images, draft.status);
      };
      accepted(() => api.modify('v1/Node', undefined, name, write, 'status'));
    };
    report();
    const beat = (): unknown => accepted(() => renewLease(world, api, name));
    beat();
    this.#timers.push(world.every(HEARTBEAT_MS, beat));
    this.#timers.push(world.every(STATUS_MS, report));
    for (const [uid, worker] of this.#workers) {
      const { namespace, name: podName } = worker.pod.metadata;
      const pod = api.get('v1/Pod', namespace, podName);
      if (pod?.metadata.uid === uid) worker.resume(pod);
      else {
        worker.abandon();
        this.#workers.delete(uid);
      }
    }
    this.#unwatch = api.watch('v1/Pod', (type, pod, old) => this.#onPod(type, pod, old));
  }

  #onPod(type: 'ADDED' | 'MODIFIED' | 'DELETED', pod: KubeObject, old: KubeObject | undefined): void {
    if (pod.spec?.nodeName !== this.nodeName) return;
    const { uid } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (type === 'DELETED') {
      worker?.abandon();
      this.#workers.delete(uid);
    } else if (worker) {
      if (old === undefined || differs(pod, old)) worker.update(pod, shorterGrace(pod, old));
    } else if (isOver(pod)) {
      if (pod.metadata.deletionTimestamp) this.#deleteFinished(pod);
    } else if (!this.#refuses(pod)) {
      const created = new PodWorker(this.#node, pod);
      this.#workers.set(uid, created);
      if (pod.metadata.deletionTimestamp) created.update(pod, false);
    }
  }

  /** Pods that ask for what this kubelet does not allow are over before they begin. */
  #refuses(pod: KubeObject): boolean {
    const node = this.#node.api.get('v1/Node', undefined, this.nodeName);
    const others = [...this.#workers.values()].map((worker) => worker.pod).filter((other) => !isOver(other));
    const why = refusalOf(pod) ?? (node && admissionRefusal(pod, node, others));
    if (!why || pod.metadata.deletionTimestamp) return false;
    this.#node.record(pod, 'Warning', why.reason, why.message);
    const { namespace, name, generation } = pod.metadata;
    const startTime = this.#node.world.nowIso;
    const { qosClass } = pod.status ?? {};
    const status = { message: `Pod was rejected: ${why.message}`, reason: why.reason, phase: 'Failed', startTime };
    const write = (draft: KubeObject): void => {
      draft.status = { ...status, observedGeneration: generation, ...(qosClass ? { qosClass } : {}) };
    };
    this.#node.api.modify('v1/Pod', namespace, name, write, 'status');
    return true;
  }

  /** A pod that was over before this kubelet saw it. */
  #deleteFinished(pod: KubeObject): void {
    const { namespace, name, uid } = pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    const current = this.#node.api.get('v1/Pod', namespace, name);
    if (current?.metadata.uid !== uid) return;
    if (!accepted(() => this.#node.api.delete('v1/Pod', namespace, name, options)))
      this.#node.world.after(REFUSED_MS, () => this.#deleteFinished(pod));
  }

  logs(pod: KubeObject, container: string, options: LogOptions): { text: string; cancel(): void } {
    if (!this.#unwatch) throw plain(`Get "https://${this.#spec.ip}:10250/containerLogs": ${this.#refused()}`);
    return podLogs(this.#workers.get(pod.metadata.uid), pod, container, options);
  }

  exec(pod: KubeObject, container: string, request: ExecRequest): ExecSession {
    if (!this.#unwatch) throw plain(`error dialing backend: ${this.#refused()}`);
    return execInContainer(this.#node, this.#workers.get(pod.metadata.uid), container, request);
  }

  #refused(): string {
    return `dial tcp ${this.#spec.ip}:10250: connect: connection refused`;
  }

  *dial(pod: KubeObject, port: number, th: Thread, address = '127.0.0.1'): Task<Conn> {
    const ns = this.#workers.get(pod.metadata.uid)?.sandbox?.ns ?? this.#node.ns;
    return yield* this.#node.network.dial(th, ns, address, port);
  }

  stats(): ContainerStats[] {
    return [...this.#workers.values()].flatMap((worker) => podStats(this.#node, worker));
  }

  killContainer(podUid: string, container: string, signal: SignalName = 'SIGKILL'): boolean {
    const instance = this.#workers.get(podUid)?.running(container);
    instance?.container?.signal(signal);
    return instance !== undefined;
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#unwatch?.();
    this.#unwatch = undefined;
    for (const worker of this.#workers.values()) worker.pause();
  }
}

/** What the kubelet reacts to; a change of status alone is mostly its own. */
function differs(pod: KubeObject, old: KubeObject): boolean {
  const a = pod.metadata;
  const b = old.metadata;
  return (
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    (pod.spec !== old.spec && JSON.stringify(pod.spec) !== JSON.stringify(old.spec)) ||
    JSON.stringify(a.labels) !== JSON.stringify(b.labels) ||
    JSON.stringify(a.annotations) !== JSON.stringify(b.annotations) ||
    (pod.spec.readinessGates?.length > 0 && pod.status !== old.status)
  );
}

function shorterGrace(pod: KubeObject, old: KubeObject | undefined): boolean {
  const before = old?.metadata.deletionGracePeriodSeconds;
  return before !== undefined && (pod.metadata.deletionGracePeriodSeconds ?? 0) < before;
}

function isOver(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Directories that pods of infrastructure mount, and that every machine has. */
const LOCAL_HOSTS =
  '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n';
const MACHINE_DIRECTORIES = ['dev', 'proc', 'run', 'run/udev', 'sys'];

function diskWith(spec: NodeSpec, shared: FsNode | undefined): FsNode {
  const disk = dirNode({});
  for (const path of MACHINE_DIRECTORIES) {
    const [first, second] = path.split('/') as [string, string | undefined];
    const parent = second === undefined ? disk : disk.entries?.get(first);
    parent?.entries?.set(second ?? first, dirNode(disk.owner));
  }
  if (shared) disk.entries?.set('data', shared);
  const { owner } = disk;
  const files = { hostname: `${spec.name}\n`, hosts: `${LOCAL_HOSTS}${spec.ip}\t${spec.name}\n` };
  disk.entries?.set('etc', {
    ...dirNode(owner),
    entries: new Map(Object.entries(files).map(([name, text]) => [name, fileNode(owner, text, 0o644)])),
  });
  return disk;
}

function nodeContext(options: KubeletOptions, spec: NodeSpec, workers: ReadonlyMap<string, PodWorker>): NodeContext {
  const { world, api, network, images } = options;
  const rng = world.rng(`kubelet/${spec.name}`);
  const ns: NetNamespace = {
    ip: spec.ip,
    nodeName: spec.name,
    dns: { nameservers: ['172.18.0.1'], searches: [], ndots: 1 },
    hosts: new Map([[spec.name, spec.ip]]),
  };
  const prefix = spec.podCIDR.split('.').slice(0, 3).join('.');
  const phaseMs = rng.int(RELIST_MS);
  let last = 1;
  return {
    world,
    api,
    network,
    nodeName: spec.name,
    hostIP: spec.ip,
    ns,
    images: new NodeImages(world, images, options.prePulled ?? []),
    disk: diskWith(spec, options.shared),
    machine: {
      memoryBytes: MACHINE.memoryKi * 1024,
      cpus: MACHINE.cpus,
      bootMs: world.nowMs - 3_600_000,
      kernel: MACHINE.kernel,
      slowdown: machineSlowdown(world),
    },
    capacity: { cpu: String(MACHINE.cpus), memory: `${MACHINE.memoryKi}Ki` },
    clusterDns: options.clusterDns ?? '10.96.0.10',
    clusterDomain: options.clusterDomain ?? 'cluster.local',
    rng,
    crashBackoff: new Backoff(() => world.nowMs),
    pullBackoff: new Backoff(() => world.nowMs),
    /** host-local's way: the next free address after the last one given. */
    allocateIp() {
      const used = new Set([...workers.values()].map((w) => w.podIP));
      do last = last >= 254 ? 2 : last + 1;
      while (used.has(`${prefix}.${last}`));
      return `${prefix}.${last}`;
    },
    record(pod, type, reason, message, fieldPath) {
      api.events.record({ regarding: pod, type, reason, message, component: 'kubelet', host: spec.name, fieldPath });
    },
    untilRelistMs: () => RELIST_MS - ((world.nowMs + phaseMs) % RELIST_MS),
  };
}
