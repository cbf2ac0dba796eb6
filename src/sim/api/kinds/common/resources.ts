import type { Json } from '../../../../kube/object.ts';
import { compareQuantities, parseQuantity } from '../../../../kube/quantity.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, required } from './field.ts';
import { qualifiedName } from './names.ts';

const STANDARD_CONTAINER = ['cpu', 'memory', 'ephemeral-storage'];
const STANDARD = [
  ...STANDARD_CONTAINER,
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'services.nodeports',
  'services.loadbalancers',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
];
const INTEGER = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];

function isHugePage(name: string): boolean {
  return name.startsWith('hugepages-');
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.split('/')[0]?.includes('kubernetes.io') === true;
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0;
}

export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = invalids(path, name, qualifiedName(name));
  if (errors.length > 0) return errors;
  if (!name.includes('/') && !STANDARD.includes(name) && !isHugePage(name) && !name.startsWith('requests.hugepages-'))
    return [invalid(path, name, 'must be a standard resource type or fully qualified')];
  return [];
}

function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (!STANDARD_CONTAINER.includes(name) && !isHugePage(name))
      errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtended(name))
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  return errors;
}

export function validateQuantity(name: string, value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (compareQuantities(value, '0') < 0) errors.push(invalid(path, value, 'must be greater than or equal to 0'));
  if ((INTEGER.includes(name) || isExtended(name)) && parseQuantity(value).nano % 1_000_000_000n !== 0n)
    errors.push(invalid(path, value, 'must be an integer'));
  return errors;
}

/** Limits and requests of a container, requests against limits. */
export function validateResources(resources: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const limits: Record<string, string> = resources?.limits ?? {};
  const requests: Record<string, string> = resources?.requests ?? {};
  for (const name of Object.keys(limits).sort()) {
    const at = `${path}.limits[${name}]`;
    errors.push(...validateContainerResourceName(name, at), ...validateQuantity(name, limits[name] as string, at));
  }
  for (const name of Object.keys(requests).sort()) {
    const at = `${path}.requests[${name}]`;
    const request = requests[name] as string;
    errors.push(...validateContainerResourceName(name, at), ...validateQuantity(name, request, at));
    const limit = limits[name];
    const overcommit = isNative(name) && !isHugePage(name);
    if (limit !== undefined) {
      const order = compareQuantities(request, limit);
      if (order !== 0 && !overcommit)
        errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
      else if (order > 0)
        errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    } else if (!overcommit)
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePage) && !names.some((name) => name === 'cpu' || name === 'memory'))
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  return errors;
}
