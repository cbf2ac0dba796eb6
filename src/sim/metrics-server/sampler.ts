import type { KubeObject } from '../../kube/object.ts';
import type { ContainerStats } from '../api/api.ts';
import type { World } from '../world.ts';

/** metrics-server's --metric-resolution: how often it asks the kubelets. */
const PERIOD_MS = 15_000;

export interface Usage {
  container: string;
  /** Cores. */
  cpu: number;
  /** Working set in bytes. */
  memory: number;
}

export interface PodUsage {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  atMs: number;
  /** Between the two points that the rate was taken from. */
  windowMs: number;
  containers: Usage[];
}

interface Point {
  atMs: number;
  stats: ContainerStats;
}

/** What the kubelets said last and the time before: use of CPU is the difference of the two, as metrics-server takes it. */
export class Sampler {
  readonly #world: World;
  readonly #nodes: ReadonlyMap<string, { stats(): ContainerStats[] }>;
  #before = new Map<string, Point>();
  #last = new Map<string, Point>();
  #pods = new Map<string, PodUsage>();

  constructor(world: World, nodes: ReadonlyMap<string, { stats(): ContainerStats[] }>) {
    this.#world = world;
    this.#nodes = nodes;
    world.every(PERIOD_MS, () => this.#sample());
  }

  /** By the pod's uid; only pods of which two points are known. */
  get pods(): ReadonlyMap<string, PodUsage> {
    return this.#pods;
  }

  /** What the autoscaler asks. */
  ofPod(pod: KubeObject): Usage[] | undefined {
    return this.#pods.get(pod.metadata.uid)?.containers;
  }

  #sample(): void {
    this.#before = this.#last;
    this.#last = new Map();
    this.#pods = new Map();
    for (const [node, kubelet] of this.#nodes) {
      for (const stats of kubelet.stats())
        if (stats.container !== '' && stats.container !== 'POD') this.#add(node, stats);
    }
  }

  #add(node: string, stats: ContainerStats): void {
    const atMs = this.#world.nowMs;
    this.#last.set(stats.id, { atMs, stats });
    const before = this.#before.get(stats.id);
    if (!before || atMs <= before.atMs) return;
    const windowMs = atMs - before.atMs;
    const cpu = Math.max(0, stats.cpuUsageUs - before.stats.cpuUsageUs) / 1000 / windowMs;
    let pod = this.#pods.get(stats.podUid);
    if (!pod) {
      pod = { namespace: stats.namespace, name: stats.pod, uid: stats.podUid, node, atMs, windowMs, containers: [] };
      this.#pods.set(stats.podUid, pod);
    }
    pod.containers.push({ container: stats.container, cpu, memory: stats.memoryWorkingSetBytes });
  }
}
