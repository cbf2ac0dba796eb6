import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { invalid, invalids, notSupported, required } from './field.ts';
import { configMapKey, dnsSubdomain, envVarName, qualifiedName } from './names.ts';

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Labels that the downward API converts at all; others fail before the list above is asked. */
const CONVERTIBLE = [
  ...ENV_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'status.nominatedNodeName',
  'spec.hostNetwork',
  'spec.host',
];
const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateEnv(vars: Json[] | undefined, path: string): FieldError[] {
  return (vars ?? []).flatMap((item, i) => {
    const at = `${path}[${i}]`;
    const errors = item.name ? invalids(`${at}.name`, item.name, envVarName(item.name)) : [required(`${at}.name`)];
    if (item.valueFrom) errors.push(...validateValueFrom(item, `${at}.valueFrom`));
    return errors;
  });
}

function validateValueFrom(item: Json, path: string): FieldError[] {
  const from = item.valueFrom;
  const errors: FieldError[] = [];
  if (from.fieldRef) errors.push(...validateFieldRef(from.fieldRef, `${path}.fieldRef`, false));
  if (from.resourceFieldRef)
    errors.push(...validateResourceFieldRef(from.resourceFieldRef, `${path}.resourceFieldRef`, false));
  for (const name of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = from[name];
    if (!ref) continue;
    errors.push(...invalids(`${path}.${name}.name`, ref.name ?? '', dnsSubdomain(ref.name ?? '')));
    if (!ref.key) errors.push(required(`${path}.${name}.key`));
    else errors.push(...invalids(`${path}.${name}.key`, ref.key, configMapKey(ref.key)));
  }
  const count = Object.values(from).filter((source) => source).length;
  if (count === 0)
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (item.value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

export function validateFieldRef(ref: Json, path: string, volume: boolean): FieldError[] {
  if (!ref.fieldPath) return [required(`${path}.fieldPath`)];
  const subscript = /^(.*)\['(.*)'\]$/.exec(ref.fieldPath);
  const name: string = subscript?.[1] ?? ref.fieldPath;
  const supported = volume ? VOLUME_FIELDS : ENV_FIELDS;
  if (!CONVERTIBLE.includes(name)) {
    const label = subscript ? ref.fieldPath : name;
    return [
      invalid(`${path}.fieldPath`, ref.fieldPath, `error converting fieldPath: field label not supported: ${label}`),
    ];
  }
  if (subscript) {
    const key = subscript[2] ?? '';
    if (name === 'metadata.annotations') return invalids(path, key.toLowerCase(), qualifiedName(key.toLowerCase()));
    if (name === 'metadata.labels') return invalids(path, key, qualifiedName(key));
    return [invalid(path, name, 'does not support subscript')];
  }
  return supported.includes(name) ? [] : [notSupported(`${path}.fieldPath`, name, supported)];
}

export function validateResourceFieldRef(ref: Json, path: string, volume: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const resource: string = ref.resource ?? '';
  if (volume && !ref.containerName) errors.push(required(`${path}.containerName`));
  else if (!resource) errors.push(required(`${path}.resource`));
  else if (!RESOURCE_FIELDS.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource))
    errors.push(notSupported(`${path}.resource`, resource, RESOURCE_FIELDS));
  const divisor: string = ref.divisor ?? '0';
  if (divisor === '0') return errors;
  const cpu = resource.endsWith('.cpu');
  if (!(cpu ? ['1m', '1'] : SIZES).includes(divisor)) {
    const what = cpu
      ? 'cpu'
      : resource.endsWith('storage')
        ? 'local ephemeral storage'
        : resource.includes('huge')
          ? 'hugepages'
          : 'memory';
    const values = cpu ? '1m and 1' : SIZES.join(', ');
    errors.push(
      invalid(`${path}.divisor`, resource, `only divisor's values ${values} are supported with the ${what} resource`),
    );
  }
  return errors;
}

export function validateEnvFrom(sources: Json[] | undefined, path: string): FieldError[] {
  return (sources ?? []).flatMap((item, i) => {
    const at = `${path}[${i}]`;
    const errors = item.prefix ? invalids(`${at}.prefix`, item.prefix, envVarName(item.prefix)) : [];
    let count = 0;
    for (const name of ['configMapRef', 'secretRef']) {
      if (!item[name]) continue;
      count++;
      const ref: string = item[name].name ?? '';
      if (!ref) errors.push(required(`${at}.${name}.name`));
      else errors.push(...invalids(`${at}.${name}.name`, ref, dnsSubdomain(ref.endsWith('-') ? `${ref}a` : ref)));
    }
    if (count === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}
