/**
 * Contract of this folder, as sessions and evaluators use it (they import from ./index.ts):
 *   runLoad(cluster: Cluster, app: DeployedApp, load: Load): Promise<void>            AIOpsLab's wrk2 job; returns once it runs
 *   startBackgroundLoad(cluster: Cluster, app: DeployedApp): Promise<void>            steady mixed load, 10 requests/s
 *   measureLoad(kube: KubeClient, app: DeployedApp): Promise<LoadReport>              a fresh short load, waited for and read from its log
 * The three need the payload scripts as text: they are part of this folder.
 */
export interface Load {
  /** Requests per second. */
  rate: number;
  seconds: number;
}

export interface LoadReport {
  requests: number;
  /** Non-2xx answers, socket errors and time-outs. */
  errors: number;
  /** Milliseconds. */
  p50Ms: number;
  p99Ms: number;
}
