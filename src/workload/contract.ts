import type { DeployedApp } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';

/** A load as problems ask for it. */
export interface Load {
  /** Requests per second. */
  rate: number;
  seconds: number;
}

export interface LoadReport {
  /** Attempts, answered or not. */
  requests: number;
  /** Non-2xx answers, socket errors and time-outs. */
  errors: number;
  /** Milliseconds; absent where the load does not measure them. */
  p50Ms?: number;
  p99Ms?: number;
}

/** Where objects of a load lie in the cluster. */
export interface LoadPlace {
  namespace: string;
  /** The Deployment of the steady load. */
  steady: string;
}

/** The load that users of an application put on it. */
export interface Workload {
  readonly place: LoadPlace;
  /** A steady load that lasts as long as the session. Returns once it is made. */
  start(cluster: Cluster, app: DeployedApp): Promise<void>;
  /** A load of its own that ends by itself. Returns once its pod runs. */
  run(cluster: Cluster, app: DeployedApp, load: Load): Promise<void>;
  /** A fresh short load, waited for. */
  measure(cluster: Cluster, app: DeployedApp): Promise<LoadReport>;
  /** Removes all that the others have made. Safe to repeat. */
  remove(cluster: Cluster): Promise<void>;
}
