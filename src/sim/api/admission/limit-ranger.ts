import type { Json, KubeObject } from '../../../kube/object.ts';
import { addQuantities, compareQuantities, quantityMilli } from '../../../kube/quantity.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const LIMIT_RANGE = { group: '', version: 'v1', kind: 'LimitRange' };
const ANNOTATION = 'kubernetes.io/limit-ranger';

type Resources = Record<string, string>;

function itemsOf(request: AdmissionRequest): Json[][] {
  return request.ctx.list(LIMIT_RANGE, request.namespace).map((range) => range.spec.limits ?? []);
}

/** Fills requests and limits of the containers from the defaults; tells in an annotation what it set. */
function applyDefaults(pod: KubeObject, items: Json[]): string[] {
  const notes: string[] = [];
  const defaults = items.filter((item) => item.type === 'Container');
  for (const [list, noun] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const)
    for (const container of pod.spec[list] ?? []) {
      container.resources ??= {};
      for (const [kind, source] of [
        ['requests', 'defaultRequest'],
        ['limits', 'default'],
      ] as const) {
        const set: string[] = [];
        for (const item of defaults)
          for (const name of Object.keys(item[source] ?? {}).sort()) {
            if (container.resources[kind]?.[name] !== undefined) continue;
            container.resources[kind] = { ...container.resources[kind], [name]: item[source][name] };
            set.push(name);
          }
        if (set.length > 0)
          notes.push(
            `${set.sort().join(', ')} ${kind === 'requests' ? 'request' : 'limit'} for ${noun} ${container.name}`,
          );
      }
    }
  return notes;
}

/** The violations of one limit item by the given amounts, in upstream's words. */
function violations(item: Json, requests: Resources, limits: Resources): string[] {
  const out: string[] = [];
  const { type } = item;
  for (const [name, value] of sorted(item.min)) {
    const text = `minimum ${name} usage per ${type} is ${value}`;
    if (requests[name] === undefined) out.push(`${text}.  No request is specified`);
    else if (compareQuantities(requests[name], value) < 0) out.push(`${text}, but request is ${requests[name]}`);
    else if (limits[name] !== undefined && compareQuantities(limits[name], value) < 0)
      out.push(`${text}, but limit is ${limits[name]}`);
  }
  for (const [name, value] of sorted(item.max)) {
    const text = `maximum ${name} usage per ${type} is ${value}`;
    if (limits[name] === undefined) out.push(`${text}.  No limit is specified`);
    else if (compareQuantities(limits[name], value) > 0) out.push(`${text}, but limit is ${limits[name]}`);
    else if (requests[name] !== undefined && compareQuantities(requests[name], value) > 0)
      out.push(`${text}, but request is ${requests[name]}`);
  }
  for (const [name, value] of sorted(item.maxLimitRequestRatio)) {
    const text = `${name} max limit to request ratio per ${type} is ${value}`;
    const request = quantityMilli(requests[name] ?? '0');
    const limit = quantityMilli(limits[name] ?? '0');
    if (request === 0) out.push(`${text}, but no request is specified or request is 0`);
    else if (limit === 0) out.push(`${text}, but no limit is specified or limit is 0`);
    else if (limit / request > quantityMilli(value) / 1000)
      out.push(`${text}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
  return out;
}

function sorted(resources: Resources | undefined): [string, string][] {
  return Object.entries(resources ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sum(containers: Json[], kind: 'requests' | 'limits'): Resources {
  const out: Resources = {};
  for (const container of containers)
    for (const [name, value] of Object.entries<string>(container.resources?.[kind] ?? {}))
      out[name] = out[name] === undefined ? value : addQuantities(out[name], value);
  // A total is a total only when every container says something.
  for (const name of Object.keys(out))
    if (containers.some((container) => container.resources?.[kind]?.[name] === undefined)) delete out[name];
  return out;
}

function podViolations(pod: KubeObject, items: Json[]): string[] {
  const out: string[] = [];
  const containers: Json[] = pod.spec.containers ?? [];
  for (const item of items) {
    if (item.type === 'Container')
      for (const container of [...containers, ...(pod.spec.initContainers ?? [])])
        out.push(...violations(item, container.resources?.requests ?? {}, container.resources?.limits ?? {}));
    if (item.type === 'Pod') out.push(...violations(item, sum(containers, 'requests'), sum(containers, 'limits')));
  }
  return out;
}

function claimViolations(claim: KubeObject, items: Json[]): string[] {
  const size: string = claim.spec.resources?.requests?.storage ?? '0';
  const out: string[] = [];
  for (const item of items) {
    if (item.type !== 'PersistentVolumeClaim') continue;
    const { min, max } = item;
    if (min?.storage && compareQuantities(size, min.storage) < 0)
      out.push(`minimum storage usage per PersistentVolumeClaim is ${min.storage}, but request is ${size}`);
    if (max?.storage && compareQuantities(size, max.storage) > 0)
      out.push(`maximum storage usage per PersistentVolumeClaim is ${max.storage}, but request is ${size}`);
  }
  return out;
}

/** Defaults and bounds of LimitRanges. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  admit(request) {
    const pod = request.object;
    if (!pod || !isFor(request, '', 'pods', 'CREATE')) return;
    for (const items of itemsOf(request)) {
      const notes = applyDefaults(pod, items);
      if (notes.length === 0) continue;
      const text = `LimitRanger plugin set: ${notes.join('; ')}`;
      pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
    }
  },
  validate(request) {
    const { object } = request;
    if (!object) return;
    const check = isFor(request, '', 'pods', 'CREATE')
      ? podViolations
      : isFor(request, '', 'persistentvolumeclaims', 'CREATE', 'UPDATE')
        ? claimViolations
        : undefined;
    if (!check) return;
    for (const items of itemsOf(request)) {
      const found = check(object, items);
      if (found.length === 1) throw forbid(request, found[0] as string);
      if (found.length > 1) throw forbid(request, `[${[...new Set(found)].join(', ')}]`);
    }
  },
};
