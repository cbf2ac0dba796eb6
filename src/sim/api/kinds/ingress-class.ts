import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { forbidden, immutable, invalid, invalids, notSupported, required } from './common/field.ts';
import { dnsLabel, dnsSubdomain, pathSegment } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

function validateParameters(parameters: Json, path: string): FieldError[] {
  if (!parameters) return [];
  const { apiGroup, kind, name, namespace, scope } = parameters;
  const errors: FieldError[] = [];
  if (apiGroup !== undefined) errors.push(...invalids(`${path}.apiGroup`, apiGroup, dnsSubdomain(apiGroup)));
  if (!kind) errors.push(required(`${path}.kind`));
  else errors.push(...invalids(`${path}.kind`, kind, pathSegment(kind)));
  if (!name) errors.push(required(`${path}.name`));
  else errors.push(...invalids(`${path}.name`, name, pathSegment(name)));
  if (scope !== 'Cluster' && scope !== 'Namespace')
    errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace' && namespace === undefined)
    errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  if (scope === 'Namespace' && namespace !== undefined)
    errors.push(...invalids(`${path}.namespace`, namespace, dnsLabel(namespace)));
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

/** networking.k8s.io/v1 IngressClass. */
export const ingressClass = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  generation: true,
  deleteReturnsStatus: true,
  setDefaults({ spec }) {
    if (spec.parameters) setDefaultPointer(spec.parameters, 'scope', 'Cluster');
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    if (!spec.controller) errors.push(required('spec.controller'));
    else if (!/^[^/]+\/.+$/.test(spec.controller)) {
      const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
      errors.push(invalid('spec.controller', spec.controller, detail));
    }
    return [...errors, ...validateParameters(spec.parameters, 'spec.parameters')];
  },
  changesFirst: true,
  validateUpdate: ({ spec }, old) => immutable('spec.controller', spec.controller ?? '', old.spec.controller),
  columns: columns('Name', 'Controller', 'Parameters', 'Age'),
  row(object, ctx) {
    const { parameters, controller } = object.spec;
    const group = parameters?.apiGroup ? `.${parameters.apiGroup}` : '';
    return [
      object.metadata.name,
      controller,
      parameters ? `${parameters.kind}${group}/${parameters.name}` : '<none>',
      age(object, ctx),
    ];
  },
});
