import type { Prng } from '../../core/prng.ts';
import type { KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { NetNamespace, Network } from '../net/net.ts';
import type { FsNode } from '../process/memory-fs.ts';
import type { World } from '../world.ts';
import type { Backoff } from './backoff.ts';
import type { NodeImages } from './images.ts';

/** The pod lifecycle event generator lists containers this often. */
export const RELIST_MS = 1_000;

/** What all pods of one node share. */
export interface NodeContext {
  world: World;
  api: ApiClient;
  network: Network;
  nodeName: string;
  hostIP: string;
  /** The node's own network namespace: probes dial from it, host-network pods live in it. */
  ns: NetNamespace;
  images: NodeImages;
  /** The node's disk. */
  disk: FsNode;
  machine: { memoryBytes: number; cpus: number; bootMs: number; kernel: string; slowdown: (nowUs: number) => number };
  capacity: { cpu: string; memory: string };
  clusterDns: string;
  clusterDomain: string;
  rng: Prng;
  crashBackoff: Backoff;
  pullBackoff: Backoff;
  allocateIp(): string;
  record(pod: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
  /** Milliseconds until the pod lifecycle event generator lists containers again (once a second). */
  untilRelistMs(): number;
}

/** `name_namespace(uid)`, as the kubelet names pods in its messages. */
export function podText(pod: KubeObject): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

/** `spec.containers{main}`, `spec.initContainers{wait}`. */
export function fieldPathOf(kind: 'init' | 'app' | 'ephemeral', name: string): string {
  const list = kind === 'init' ? 'initContainers' : kind === 'app' ? 'containers' : 'ephemeralContainers';
  return `spec.${list}{${name}}`;
}
