import type { DeployedApp } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { Load, LoadReport, Workload } from './contract.ts';
import { customers } from './customers.ts';
import { mixedWorkloadType1 } from './payloads/mixed-workload-type-1.ts';
import { wrk2Workload } from './wrk2-workload.ts';

export type { Load, LoadReport } from './contract.ts';
export { SteadyLoad } from './steady-load.ts';
export { BACKGROUND_NAME, JOB_NAME, LOAD_NAMESPACE, PAYLOAD_CONFIG_MAP } from './wrk2.ts';

/** Which load an application gets. */
const WORKLOADS: Record<string, Workload> = {
  'corner-shop': customers,
  'hotel-reservation': wrk2Workload(mixedWorkloadType1),
};

export function workloadOf(app: { name: string }): Workload {
  const workload = WORKLOADS[app.name];
  if (!workload) throw new UserError('UNSUPPORTED', `application ${app.name} has no load`);
  return workload;
}

/** The load that a problem puts on the application after the injection; returns once its pod runs. */
export function runLoad(cluster: Cluster, app: DeployedApp, load: Load): Promise<void> {
  return workloadOf(app).run(cluster, app, load);
}

/** A steady load that lasts as long as the session. */
export function startBackgroundLoad(cluster: Cluster, app: DeployedApp): Promise<void> {
  return workloadOf(app).start(cluster, app);
}

/** A fresh short load, waited for. */
export function measureLoad(kube: { cluster: Cluster }, app: DeployedApp): Promise<LoadReport> {
  return workloadOf(app).measure(kube.cluster, app);
}

/** Removes all that loads of the application have left in the cluster. */
export function removeLoad(cluster: Cluster, app: { name: string }): Promise<void> {
  return workloadOf(app).remove(cluster);
}
