import { defineKind } from './common/define.ts';
import { immutable, invalids } from './common/field.ts';
import { dnsLabel } from './common/names.ts';
import { validateLabels } from './common/selectors.ts';
import { age, columns } from './common/table.ts';

/** node.k8s.io/v1 RuntimeClass. */
export const runtimeClass = defineKind({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  createOnUpdate: true,
  requiresResourceVersion: true,
  generation: false,
  deleteReturnsStatus: true,
  validate: (object) => [
    ...invalids('handler', object.handler, dnsLabel(object.handler ?? '')),
    ...validateLabels(object.scheduling?.nodeSelector ?? {}, 'scheduling.nodeSelector'),
  ],
  validateUpdate: (object, old) => immutable('handler', object.handler, old.handler),
  columns: columns('Name', 'Handler', 'Age'),
  row: (object, ctx) => [object.metadata.name, object.handler, age(object, ctx)],
});
