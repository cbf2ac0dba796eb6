import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, invalids, required } from './common/field.ts';
import { dns1035Label, dnsSubdomain } from './common/names.ts';
import { age, columns } from './common/table.ts';

function availability(object: KubeObject): string {
  const condition = (object.status?.conditions ?? []).find((c: Json) => c.type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`;
}

const GROUP_PRIORITY_MAX = 20_000;
const VERSION_PRIORITY_MAX = 1_000;

function validateService(service: Json): FieldError[] {
  const errors: FieldError[] = [];
  if (!service.namespace) errors.push(required('spec.service.namespace'));
  if (!service.name) errors.push(required('spec.service.name'));
  if (service.port < 1 || service.port > 65535)
    errors.push(
      invalid('spec.service.port', service.port, 'port is not valid: must be between 1 and 65535, inclusive'),
    );
  return errors;
}

function validate({ metadata, spec }: KubeObject): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec;
  const errors: FieldError[] = [];
  const name = `${version}.${group}`;
  if (metadata.name !== name)
    errors.push(
      invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`),
    );
  if (group !== '') errors.push(...invalids('spec.group', group, dnsSubdomain(group)));
  else if (version !== 'v1')
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  errors.push(...invalids('spec.version', version, dns1035Label(version)));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > GROUP_PRIORITY_MAX)
    errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000'));
  if (versionPriority <= 0 || versionPriority > VERSION_PRIORITY_MAX)
    errors.push(invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  const insecure = spec.insecureSkipTLSVerify === true;
  if (!service) {
    if (spec.caBundle)
      errors.push(
        invalid('spec.caBundle', `${atob(spec.caBundle).length} bytes`, 'local APIServices may not have a caBundle'),
      );
    if (insecure)
      errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  errors.push(...validateService(service));
  if (insecure && spec.caBundle)
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

/** apiregistration.k8s.io/v1 APIService. */
export const apiService = defineKind({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  hasStatus: true,
  generation: false,
  nameRule: 'path',
  setDefaults({ spec }) {
    if (spec.service) spec.service.port ??= 443;
  },
  validate,
  columns: columns('Name', 'Service', 'Available', 'Age'),
  row: (object, ctx) => {
    const { service } = object.spec;
    const name = service ? `${service.namespace}/${service.name}` : 'Local';
    return [object.metadata.name, name, availability(object), age(object, ctx)];
  },
});
