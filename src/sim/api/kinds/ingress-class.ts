import { defineKind } from './common/define.ts';
import { immutable, required } from './common/field.ts';
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
  validate: ({ spec }) => (spec.controller ? [] : [required('spec.controller')]),
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
