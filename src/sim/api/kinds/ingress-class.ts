import { defineKind } from './common/define.ts';
import { immutable, invalid, required } from './common/field.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

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
    if (!spec.controller) return [required('spec.controller')];
    return /^[^/]+\/.+$/.test(spec.controller)
      ? []
      : [invalid('spec.controller', spec.controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  },
  validateUpdate: (object, old) => immutable('spec.controller', object.spec.controller, old.spec.controller),
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
