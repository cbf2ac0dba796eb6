import type { DeployedApp } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Load, LoadReport, Workload } from './contract.ts';
import {
  BACKGROUND_NAME,
  LOAD_NAMESPACE,
  measure,
  type Payload,
  removeWrk2,
  serviceUrl,
  startWrk2Deployment,
  startWrk2Job,
  type Wrk2Options,
} from './wrk2.ts';

/** The steady load's rate; a fresh measurement uses the same. */
const STEADY_RATE = 10;
/** Long enough for a thousand requests, so that one in a hundred failing is seen. */
const MEASURE: Load = { rate: 50, seconds: 20 };

/** AIOpsLab's way of putting load on an application: wrk2 with a Lua script, in namespace default. */
export function wrk2Workload(payload: Payload): Workload {
  const optionsFor = async (cluster: Cluster, app: DeployedApp, load: Load): Promise<Wrk2Options> => ({
    rate: load.rate,
    durationSeconds: load.seconds,
    dist: 'exp',
    connections: 2,
    threads: 2,
    payload,
    url: await serviceUrl(cluster, app.namespace, app.frontend.service, app.frontend.port),
  });
  return {
    place: { namespace: LOAD_NAMESPACE, steady: BACKGROUND_NAME },
    start: async (cluster, app) =>
      startWrk2Deployment(cluster, await optionsFor(cluster, app, { rate: STEADY_RATE, seconds: 0 })),
    run: async (cluster, app, load) => startWrk2Job(cluster, await optionsFor(cluster, app, load)),
    async measure(cluster, app): Promise<LoadReport> {
      const report = await measure(cluster, await optionsFor(cluster, app, MEASURE));
      const { connect, read, write, timeout } = report.socketErrors;
      const lost = connect + read + write + timeout;
      return {
        requests: report.requests + lost,
        errors: report.badStatus + lost,
        p50Ms: report.latencyMs['50'] ?? 0,
        p99Ms: report.latencyMs['99'] ?? 0,
      };
    },
    remove: removeWrk2,
  };
}
