import type { ApiResponse } from './api.ts';

const STARTED = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`);
const LATER = [
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
];

/** The checks behind a health endpoint, in the order that the real server lists them. */
function checksOf(endpoint: string): string[] {
  const isReady = endpoint === 'readyz';
  const first = ['ping', 'log', 'etcd', ...(isReady ? ['etcd-readiness', 'informer-sync'] : [])];
  return [...first, ...STARTED, ...LATER, ...(isReady ? ['shutdown'] : [])];
}

const HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };

/** `/healthz`, `/livez`, `/readyz` and their single checks; undefined for other paths, and for checks that there are not. */
export function answerHealth(path: string, query: URLSearchParams): ApiResponse | undefined {
  const [, endpoint = '', check] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? [];
  if (endpoint === '') return undefined;
  const checks = checksOf(endpoint);
  if (check !== undefined) return checks.includes(check) ? { status: 200, headers: HEADERS, body: 'ok' } : undefined;
  if (!query.has('verbose')) return { status: 200, headers: HEADERS, body: 'ok' };
  const excluded = query.getAll('exclude');
  const lines = checks.map((name) => `[+]${name} ${excluded.includes(name) ? 'excluded: ok' : 'ok'}\n`);
  const unknown = excluded.filter((name) => !checks.includes(name)).map((name) => JSON.stringify(name));
  const warning =
    unknown.length > 0 ? `warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}\n` : '';
  return { status: 200, headers: HEADERS, body: `${lines.join('')}${warning}${endpoint} check passed\n` };
}
