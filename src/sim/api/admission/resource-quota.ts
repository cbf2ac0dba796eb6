import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import { compareQuantities, subtractQuantities } from '../../../kube/quantity.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { addUsage, quotaCovers, quotaUsage, type Usage } from '../kinds/common/quota.ts';
import { forbid } from './errors.ts';

const QUOTA = { group: '', version: 'v1', kind: 'ResourceQuota' };
const CONTAINER_CHECKED = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

function pretty(usage: Usage, names: string[]): string {
  return [...names]
    .sort()
    .map((name) => `${name}=${usage[name] ?? '0'}`)
    .join(',');
}

/** Containers must say how much they take of what the quota bounds. */
function missingResources(pod: KubeObject, hard: Usage): string | undefined {
  const missing = new Map<string, string[]>();
  const containers: Json[] = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  for (const name of CONTAINER_CHECKED.filter((item) => item in hard))
    for (const container of containers) {
      const [list, resource] = name.startsWith('limits.')
        ? (['limits', name.slice(7)] as const)
        : (['requests', name.replace('requests.', '')] as const);
      if (container.resources?.[list]?.[resource] !== undefined) continue;
      missing.set(name, [...(missing.get(name) ?? []), container.name]);
    }
  if (missing.size === 0) return undefined;
  return `must specify ${[...missing].map(([name, who]) => `${name} for: ${who.sort().join(',')}`).join('; ')}`;
}

/** What the request adds to the usage: all of a new object, the difference of a changed one. */
function deltaOf(request: AdmissionRequest, object: KubeObject): Usage {
  const usage = quotaUsage(request.ref.group, request.resource, object);
  if (request.operation !== 'UPDATE' || !request.old) return usage;
  const before = quotaUsage(request.ref.group, request.resource, request.old);
  const delta: Usage = {};
  for (const name in usage) {
    const value = subtractQuantities(usage[name] as string, before[name] ?? '0');
    if (value !== '0') delta[name] = value;
  }
  return delta;
}

function charge(request: AdmissionRequest, quota: KubeObject, delta: Usage): void {
  const hard: Usage = quota.status?.hard ?? {};
  const used: Usage = quota.status?.used ?? {};
  const requested = Object.fromEntries(Object.entries(delta).filter(([name]) => name in hard));
  const names = Object.keys(requested);
  if (names.length === 0) return;
  const next = addUsage(used, requested);
  const exceeded = names.filter(
    (name) =>
      compareQuantities(requested[name] ?? '0', '0') > 0 && compareQuantities(next[name] ?? '0', hard[name] ?? '0') > 0,
  );
  if (exceeded.length > 0)
    throw forbid(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${pretty(requested, exceeded)}, used: ${pretty(used, exceeded)}, limited: ${pretty(hard, exceeded)}`,
    );
  if (request.dryRun) return;
  const updated = clone(quota);
  updated.status = { ...updated.status, used: next };
  request.ctx.update(updated, 'status');
}

/** Refuses what would exceed a ResourceQuota and books what does not. */
export const resourceQuotaAdmission: AdmissionPlugin = {
  name: 'ResourceQuota',
  validate(request) {
    const { object, namespace } = request;
    if (!object || !namespace || request.subresource) return;
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
    const quotas = request.ctx.list(QUOTA, namespace).filter((quota) => quotaCovers(quota, request.resource, object));
    if (quotas.length === 0) return;
    const pod = request.ref.group === '' && request.resource === 'pods' && request.operation === 'CREATE';
    for (const quota of quotas) {
      const why = pod ? missingResources(object, quota.status?.hard ?? {}) : undefined;
      if (why) throw forbid(request, `failed quota: ${quota.metadata.name}: ${why}`);
    }
    const delta = deltaOf(request, object);
    for (const quota of quotas) charge(request, quota, delta);
  },
};
