import type { DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import { Prng } from '../core/prng.ts';
import type { Access, Answers, ApplicationProfile, Effect, Operation, Trial } from './application.ts';
import { execIn } from './state.ts';

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

/** What was measured, and what the application answered, by path. */
export interface Measurement {
  measured: Measured[];
  answers: Map<string, string>;
}

/** Tries all that the application is there for. `before` holds the answers of the healthy application. */
export async function measureOperations(
  kube: KubeClient,
  app: DeployedApp,
  profile: ApplicationProfile,
  before: Answers,
): Promise<Measurement> {
  const random = new Prng(`${app.namespace}/${kube.cluster.clock.now()}`);
  const context: Context = { kube, app, random, before, answers: new Map() };
  const measured: Measured[] = [];
  for (const operation of profile.operations) measured.push(await measureOperation(context, operation));
  for (const effect of profile.effects) measured.push(await measureEffect(context, effect));
  for (const access of profile.access) measured.push(await measureAccess(kube, app, access));
  return { measured, answers: context.answers };
}

interface Context {
  kube: KubeClient;
  app: DeployedApp;
  random: Prng;
  before: Answers;
  answers: Map<string, string>;
}

/** Asks the API server whether an account still may do what it is there for, and no more. */
async function measureAccess(kube: KubeClient, app: DeployedApp, access: Access): Promise<Measured> {
  const { serviceAccount, denied = false, ...attributes } = access;
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
  const isRight = review.status.allowed !== denied;
  return {
    operation: `${serviceAccount} may ${denied ? 'not ' : ''}${access.verb} ${what}`,
    requests: 1,
    failures: isRight ? 0 : 1,
    medianMs: 0,
    ...(isRight ? {} : { firstFailure: denied ? 'allowed' : 'forbidden' }),
  };
}

async function measureOperation(context: Context, { name, method, at, draw }: Operation): Promise<Measured> {
  const latencies: number[] = [];
  let failures = 0;
  let firstFailure: string | undefined;
  for (const trial of draw(context.random)) {
    const { tookMs, failure } = await attempt(context, method, trial, at);
    latencies.push(tookMs);
    if (failure === undefined) continue;
    failures++;
    firstFailure ??= failure;
    // A hanging operation is not tried ten times over: one failure is enough to judge.
    if (tookMs > REQUEST_LIMIT_MS) break;
  }
  latencies.sort((a, b) => a - b);
  return {
    operation: name,
    requests: latencies.length,
    failures,
    medianMs: latencies[Math.floor(latencies.length / 2)] ?? 0,
    firstFailure,
  };
}

async function attempt(
  { kube, app, before, answers }: Context,
  method: string,
  { path, status = 200, accepts }: Trial,
  at = `${app.frontend.service}:${app.frontend.port}`,
): Promise<{ tookMs: number; failure?: string }> {
  const { cluster } = kube;
  const startMs = cluster.clock.now();
  const response = await cluster.request({
    method,
    path: `/api/v1/namespaces/${app.namespace}/services/${at}/proxy${path}`,
  });
  const tookMs = cluster.clock.now() - startMs;
  answers.set(path, response.body);
  const isRight = response.status === status && accepts(response.body, before) && tookMs <= REQUEST_LIMIT_MS;
  if (isRight) return { tookMs };
  const body = response.body.slice(0, 160).trim();
  return { tookMs, failure: `${path.split('?')[0]}: ${response.status} after ${Math.round(tookMs)} ms: ${body}` };
}

/** One request, and whether it did what its answer says. */
async function measureEffect(context: Context, { name, method, draw }: Effect): Promise<Measured> {
  const { service, observe, shows, ...trial } = draw(context.random);
  const look = (): Promise<string | undefined> => execIn(context.kube, context.app, service, observe);
  const earlier = await look();
  const { tookMs, failure } = await attempt(context, method, trial);
  const later = failure === undefined ? await look() : undefined;
  const isShown = earlier !== undefined && later !== undefined && shows(earlier, later);
  const unseen = isShown ? undefined : `${service} knows nothing of it`;
  const firstFailure = failure ?? unseen;
  return {
    operation: `${name} and its effect`,
    requests: 1,
    failures: firstFailure ? 1 : 0,
    medianMs: tookMs,
    firstFailure,
  };
}

/** What is worse than the baseline allows: more failures, or a median more than three times (and 100 ms) above it. */
export function violations(now: readonly Measured[], baseline: readonly Measured[]): string[] {
  const found: string[] = [];
  for (const item of now) {
    const before = baseline.find((other) => other.operation === item.operation);
    if (item.failures > (before?.failures ?? 0))
      found.push(`${item.operation}: ${item.failures} of ${item.requests} failed (${item.firstFailure})`);
    else if (before && item.medianMs > before.medianMs * 3 + 100) {
      found.push(`${item.operation}: median ${item.medianMs} ms, was ${before.medianMs} ms`);
    }
  }
  return found;
}
