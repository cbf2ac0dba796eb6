import type { DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import type { Access, ApplicationProfile, Operation } from './application.ts';

/** What one operation gave: requests, failures, and the median latency in ms of cluster time. */
export interface Measured {
  operation: string;
  requests: number;
  failures: number;
  medianMs: number;
  firstFailure?: string;
}

/** Longer than this and a user has given up. */
const REQUEST_LIMIT_MS = 8_000;

/** Tries every operation of the application through its front end. */
export async function measureOperations(
  kube: KubeClient,
  app: DeployedApp,
  profile: ApplicationProfile,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const operation of profile.operations) measured.push(await measureOperation(kube, app, operation));
  for (const access of profile.access ?? []) measured.push(await measureAccess(kube, app, access));
  return measured;
}

/** Asks the API server whether an account still may do what it is there for. */
async function measureAccess(kube: KubeClient, app: DeployedApp, access: Access): Promise<Measured> {
  const { serviceAccount, ...attributes } = access;
  const what = access.subresource === undefined ? access.resource : `${access.resource}/${access.subresource}`;
  const review = await kube.create('subjectaccessreviews', undefined, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${app.namespace}:${serviceAccount}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${app.namespace}`, 'system:authenticated'],
      resourceAttributes: { namespace: app.namespace, ...attributes },
    },
  });
  const allowed: boolean = review.status.allowed;
  return {
    operation: `${serviceAccount} may ${access.verb} ${what}`,
    requests: 1,
    failures: allowed ? 0 : 1,
    medianMs: 0,
    ...(allowed ? {} : { firstFailure: 'forbidden' }),
  };
}

async function measureOperation(kube: KubeClient, app: DeployedApp, operation: Operation): Promise<Measured> {
  const { cluster } = kube;
  const latencies: number[] = [];
  let failures = 0;
  let firstFailure: string | undefined;
  for (let i = 0; i < operation.requests; i++) {
    const path = operation.paths[i % operation.paths.length] as string;
    const startMs = cluster.clock.now();
    const response = await cluster.request({
      method: operation.method,
      path: `/api/v1/namespaces/${app.namespace}/services/${app.frontend.service}:${app.frontend.port}/proxy${path}`,
    });
    const tookMs = cluster.clock.now() - startMs;
    latencies.push(tookMs);
    if (response.status !== 200 || !operation.accepts(response.body) || tookMs > REQUEST_LIMIT_MS) {
      failures++;
      firstFailure ??= `${response.status} after ${Math.round(tookMs)} ms: ${response.body.slice(0, 160).trim()}`;
      // A hanging operation is not tried ten times over: one failure is enough to judge.
      if (tookMs > REQUEST_LIMIT_MS) break;
    }
  }
  latencies.sort((a, b) => a - b);
  return {
    operation: operation.name,
    requests: latencies.length,
    failures,
    medianMs: latencies[Math.floor(latencies.length / 2)] ?? 0,
    firstFailure,
  };
}

/** What is worse than the baseline allows: failures at all, or a median more than three times (and 100 ms) above it. */
export function violations(now: readonly Measured[], baseline: readonly Measured[]): string[] {
  const found: string[] = [];
  for (const item of now) {
    const before = baseline.find((other) => other.operation === item.operation);
    if (item.failures > 0)
      found.push(`${item.operation}: ${item.failures} of ${item.requests} failed (${item.firstFailure})`);
    else if (before && item.medianMs > before.medianMs * 3 + 100) {
      found.push(`${item.operation}: median ${item.medianMs} ms, was ${before.medianMs} ms`);
    }
  }
  return found;
}
