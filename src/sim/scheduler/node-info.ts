import type { Json, KubeObject } from '../../kube/object.ts';
import { quantityMilli, quantityNumber } from '../../kube/quantity.ts';

/** Amounts by resource name: `cpu` in thousandths, all others in base units. */
export type Resources = Record<string, number>;

/** What scoring takes for a container without requests (upstream's non-zero defaults). */
const DEFAULT_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

/** Stored specs never change, so what they ask for is worked out once. */
const requestsBySpec = new WeakMap<object, Resources>();
const nonZeroBySpec = new WeakMap<object, Resources>();

export function toResources(list: Record<string, string> | undefined): Resources {
  const out: Resources = {};
  for (const name in list) out[name] = name === 'cpu' ? quantityMilli(list[name]) : (quantityNumber(list[name]) ?? 0);
  return out;
}

function add(into: Resources, more: Resources): Resources {
  for (const name in more) into[name] = (into[name] ?? 0) + (more[name] as number);
  return into;
}

function max(into: Resources, other: Resources): Resources {
  for (const name in other) into[name] = Math.max(into[name] ?? 0, other[name] as number);
  return into;
}

/**
 * A pod's effective requests: its containers and side-cars together, or the largest init step, plus overhead; requests of
 * the pod itself win.
 */
export function podRequests(pod: KubeObject, nonZero = false): Readonly<Resources> {
  const cache = nonZero ? nonZeroBySpec : requestsBySpec;
  const known = cache.get(pod.spec);
  if (known) return known;
  const requests = computeRequests(pod, nonZero);
  cache.set(pod.spec, requests);
  return requests;
}

function computeRequests(pod: KubeObject, nonZero: boolean): Resources {
  const request = (container: Json): Resources => {
    const own = toResources(container.resources?.requests);
    if (!nonZero) return own;
    return { ...own, cpu: own.cpu ?? DEFAULT_CPU, memory: own.memory ?? DEFAULT_MEMORY };
  };
  const total: Resources = {};
  for (const container of pod.spec.containers ?? []) add(total, request(container));
  const sidecars: Resources = {};
  const init: Resources = {};
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(sidecars, request(container));
      max(init, { ...sidecars });
    } else max(init, add({ ...sidecars }, request(container)));
  }
  const effective = max(add(total, sidecars), init);
  Object.assign(effective, toResources(pod.spec.resources?.requests));
  return add(effective, toResources(pod.spec.overhead));
}

/** A node with the pods placed on it, as the scheduler counts them. */
export class NodeInfo {
  readonly pods = new Map<string, KubeObject>();
  readonly requested: Resources = {};
  readonly nonZero: Resources = {};
  readonly allocatable: Resources;

  constructor(readonly node: KubeObject) {
    this.allocatable = toResources(node.status?.allocatable);
  }

  get name(): string {
    return this.node.metadata.name;
  }

  add(pod: KubeObject): void {
    this.#count(pod, 1);
    this.pods.set(pod.metadata.uid, pod);
  }

  remove(uid: string): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    this.pods.delete(uid);
    this.#count(pod, -1);
  }

  /** The same node without the given pods, for preemption's dry run. */
  without(uids: ReadonlySet<string>): NodeInfo {
    const copy = new NodeInfo(this.node);
    for (const pod of this.pods.values()) if (!uids.has(pod.metadata.uid)) copy.add(pod);
    return copy;
  }

  #count(pod: KubeObject, sign: number): void {
    for (const [into, amounts] of [
      [this.requested, podRequests(pod)],
      [this.nonZero, podRequests(pod, true)],
    ] as const) {
      for (const name in amounts) into[name] = (into[name] ?? 0) + sign * (amounts[name] as number);
    }
  }
}
