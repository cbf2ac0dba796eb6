import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';

/** What a pod uses now, as the metrics API tells it: cores and bytes per container. Undefined while unknown. */
export type PodMetrics = (pod: KubeObject) => { container: string; cpu: number; memory: number }[] | undefined;

export interface ControllerOptions {
  world: World;
  /** A client with the identity of that controller, e.g. `deployment-controller`. */
  api: (name: string) => ApiClient;
  /** PEM text that namespaces get as `kube-root-ca.crt`. */
  rootCa?: string;
  /** Absent where no metrics API is installed. */
  podMetrics?: PodMetrics;
  /** Provisioners whose dynamic volumes this cluster makes; each answers the volume's source. */
  provisioners?: Record<string, (claim: KubeObject, storageClass: KubeObject, volumeName: string) => Json>;
}

/** A controller: one exported value in one file; `start` watches and works on the world's event queue from then on. */
export interface Controller {
  /** The service account upstream gives it. */
  name: string;
  start(options: ControllerOptions): void;
}
