import type { DeployedApp } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { Load, LoadReport } from './contract.ts';
import { mixedWorkloadType1 } from './payloads/mixed-workload-type-1.ts';
import { measure, type Payload, serviceUrl, startWrk2Deployment, startWrk2Job, type Wrk2Options } from './wrk2.ts';

export type { Load, LoadReport } from './contract.ts';
export { SteadyLoad } from './steady-load.ts';
export { BACKGROUND_NAME, JOB_NAME, LOAD_NAMESPACE, PAYLOAD_CONFIG_MAP } from './wrk2.ts';

/** Which requests an application gets. */
const PAYLOADS: Record<string, Payload> = { 'hotel-reservation': mixedWorkloadType1 };

/** The steady load's rate; a fresh measurement uses the same. */
const STEADY_RATE = 10;
/** Long enough for a thousand requests, so that one in a hundred failing is seen. */
const MEASURE: Load = { rate: 50, seconds: 20 };

/** AIOpsLab's load: Job `wrk2-job` in namespace default. Returns once its pod runs. */
export async function runLoad(cluster: Cluster, app: DeployedApp, load: Load): Promise<void> {
  await startWrk2Job(cluster, await optionsFor(cluster, app, load));
}

/** A steady mixed load of 10 requests/s that lasts as long as the cluster. */
export async function startBackgroundLoad(cluster: Cluster, app: DeployedApp): Promise<void> {
  await startWrk2Deployment(cluster, await optionsFor(cluster, app, { rate: STEADY_RATE, seconds: 0 }));
}

/** A fresh short load, waited for and read from its pod's log. */
export async function measureLoad(kube: { cluster: Cluster }, app: DeployedApp): Promise<LoadReport> {
  const report = await measure(kube.cluster, await optionsFor(kube.cluster, app, MEASURE));
  const { connect, read, write, timeout } = report.socketErrors;
  const lost = connect + read + write + timeout;
  return {
    requests: report.requests + lost,
    errors: report.badStatus + lost,
    p50Ms: report.latencyMs['50'] ?? 0,
    p99Ms: report.latencyMs['99'] ?? 0,
  };
}

async function optionsFor(cluster: Cluster, app: DeployedApp, load: Load): Promise<Wrk2Options> {
  const payload = PAYLOADS[app.name];
  if (!payload) throw new UserError('UNSUPPORTED', `application ${app.name} has no load`);
  const url = await serviceUrl(cluster, app.namespace, app.frontend.service, app.frontend.port);
  return {
    rate: load.rate,
    durationSeconds: load.seconds,
    dist: 'exp',
    connections: 2,
    threads: 2,
    payload,
    url,
  };
}
