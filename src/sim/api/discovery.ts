import { createHash } from 'node:crypto';
import type { Json } from '../../kube/object.ts';
import type { ResourceInfo } from './facts.ts';
import { groupVersion } from './facts.ts';
import type { Kind, KindIndex } from './kinds-index.ts';
import { storageVersion } from './versions.ts';

const GROUP_ORDER = [
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];
export const AGGREGATED_V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const VERSION_NAME = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGES = ['alpha', 'beta', undefined];

/** v10, v2, v1, v2beta1, v1beta2, v3alpha1; names of another shape come last, by letters. */
export function newerFirst(a: string, b: string): number {
  const [left, right] = [VERSION_NAME.exec(a), VERSION_NAME.exec(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  return (
    STAGES.indexOf(right[2]) - STAGES.indexOf(left[2]) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}

/** Versions of each group, newest first, groups in the aggregator's order. */
export function groupsOf(kinds: KindIndex): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { info } of kinds.all()) {
    const versions = found.get(info.group) ?? [];
    if (!versions.includes(info.version)) versions.push(info.version);
    found.set(info.group, versions);
  }
  const rank = (group: string): number =>
    GROUP_ORDER.includes(group) ? GROUP_ORDER.indexOf(group) : GROUP_ORDER.length;
  const names = [...found.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return new Map(names.map((name) => [name, (found.get(name) ?? []).sort(newerFirst)]));
}

/** `/api`, `/apis`, `/api/v1`, `/apis/<group>`, `/apis/<group>/<version>`; undefined when there is no such document. */
export function legacyDiscovery(kinds: KindIndex, path: string): Json | undefined {
  const parts = path.split('/').filter((p) => p !== '');
  if (parts[0] === 'api') {
    if (parts.length === 1)
      return {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
      };
    return parts.length === 2 && parts[1] === 'v1' ? resourceList(kinds, '', 'v1') : undefined;
  }
  if (parts[0] !== 'apis') return undefined;
  const groups = groupsOf(kinds);
  if (parts.length === 1) {
    const list = [...groups.keys()].filter((g) => g !== '').map((g) => groupEntry(g, groups.get(g) ?? []));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: list };
  }
  const [, group = '', version] = parts;
  const versions = groups.get(group);
  if (!versions || group === '') return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group, versions) };
  return parts.length === 3 && versions.includes(version) ? resourceList(kinds, group, version) : undefined;
}

function groupEntry(name: string, versions: string[]): Json {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function resourceList(kinds: KindIndex, group: string, version: string): Json {
  const resources: Json[] = [];
  for (const { info } of sortedIn(kinds, group, version)) {
    resources.push({
      name: info.resource,
      singularName: info.singular,
      namespaced: info.namespaced,
      kind: info.kind,
      verbs: info.verbs,
      ...(info.shortNames ? { shortNames: info.shortNames } : {}),
      ...(info.categories ? { categories: info.categories } : {}),
      ...(info.verbs.includes('update') ? { storageVersionHash: storageVersionHash(info) } : {}),
    });
    for (const [name, sub] of Object.entries(info.subresources)) {
      const isForeign = sub.group !== undefined && (sub.group !== info.group || sub.version !== info.version);
      const foreign = isForeign ? { group: sub.group, version: sub.version } : {};
      resources.push({
        name: `${info.resource}/${name}`,
        singularName: '',
        namespaced: info.namespaced,
        ...foreign,
        kind: sub.kind,
        verbs: sub.verbs,
      });
    }
  }
  // The core group's list goes without its own version.
  const own = group === '' ? {} : { apiVersion: 'v1' };
  return { kind: 'APIResourceList', ...own, groupVersion: groupVersion({ group, version }), resources };
}

/** Base64 of the first eight bytes of the hash of the stored kind, as upstream computes it. */
function storageVersionHash(info: ResourceInfo): string {
  const { group, version } = storageVersion(info);
  const stored = `${group}/${version}/${info.kind}`;
  return createHash('sha256').update(stored).digest().subarray(0, 8).toString('base64');
}

function sortedIn(kinds: KindIndex, group: string, version: string): Kind[] {
  return kinds
    .all()
    .filter((k) => k.info.group === group && k.info.version === version)
    .sort((a, b) => (a.info.resource < b.info.resource ? -1 : 1));
}

/** APIGroupDiscoveryList for `/api` (core) or `/apis`. */
export function aggregatedDiscovery(kinds: KindIndex, core: boolean): Json {
  const groups = [...groupsOf(kinds)].filter(([group]) => (group === '') === core);
  const items = groups.map(([group, versions]) => ({
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: sortedIn(kinds, group, version).map((k) => discoveryEntry(k.info)),
      freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function discoveryEntry(info: ResourceInfo): Json {
  const subresources = Object.entries(info.subresources).map(([subresource, sub]) => ({
    subresource,
    responseKind: { group: sub.group ?? '', version: sub.group === undefined ? '' : sub.version, kind: sub.kind },
    verbs: sub.verbs,
  }));
  return {
    resource: info.resource,
    // A group or version that is the list's own is left out.
    responseKind: { group: '', version: '', kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames ? { shortNames: info.shortNames } : {}),
    ...(info.categories ? { categories: info.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
