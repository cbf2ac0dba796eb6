import type { Json, KubeObject } from '../../../src/kube/object.ts';
import type { ApiClient } from '../../../src/sim/api/api.ts';
import { createSimulation, type Simulation } from '../../../src/sim/simulation.ts';

/** A bare simulated cluster (three nodes, no add-ons) with namespace `t`, for tests of one mechanism. */
export class Cluster {
  readonly simulation: Simulation;
  readonly api: ApiClient;

  constructor(seed = 'controllers') {
    this.simulation = createSimulation({ seed, addons: false });
    this.api = this.simulation.api.client({
      user: { username: 'admin', groups: ['system:masters'] },
      fieldManager: 'test',
    });
    this.run(1);
    this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 't' } });
    this.run(1);
  }

  run(seconds: number): void {
    this.simulation.world.advance(seconds * 1000);
  }

  /** Creates in namespace `t` unless another one is named. */
  apply(object: Json): KubeObject {
    const clusterWide = ['Namespace', 'PersistentVolume', 'StorageClass', 'PriorityClass'].includes(object.kind);
    return this.api.create(clusterWide ? object : { ...object, metadata: { namespace: 't', ...object.metadata } });
  }

  get(ref: string, name: string): KubeObject {
    const found = this.api.get(ref, 't', name) ?? this.api.get(ref, undefined, name);
    if (!found) throw new Error(`no ${ref} ${name}`);
    return found;
  }

  modify(ref: string, name: string, change: (draft: KubeObject) => void): void {
    this.api.modify(ref, 't', name, change);
  }

  pods(app: string): KubeObject[] {
    return this.api.list('v1/Pod', 't').filter((pod) => pod.metadata.labels?.app === app) as KubeObject[];
  }

  /** `reason message` of the events about an object, in the order of their creation. */
  events(name: string, reason?: string): string[] {
    return this.api
      .list('v1/Event')
      .filter((it) => it.involvedObject.name === name && (!reason || it.reason === reason))
      .map((it) => `${it.reason} ${it.message}`);
  }
}

/** A pod spec with one container that sleeps unless told otherwise. */
export function podSpec(container: Json = {}, spec: Json = {}): Json {
  return {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'm', image: 'busybox:1.36', command: ['sleep', '3600'], ...container }],
    ...spec,
  };
}

export function pod(name: string, container: Json = {}, spec: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: podSpec(container, spec) };
}

export function workload(kind: string, name: string, spec: Json): Json {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec() },
      ...spec,
    },
  };
}
