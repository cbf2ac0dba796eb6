import type { Json } from '../../../kube/object.ts';
import { defineKind } from './common/define.ts';
import { required } from './common/field.ts';
import { age, columns } from './common/table.ts';

/** resource.k8s.io/v1 DeviceClass. */
export const deviceClass = defineKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  generation: true,
  deleteReturnsStatus: false,
  validate: ({ spec }) =>
    (spec?.selectors ?? []).flatMap((selector: Json, at: number) =>
      selector.cel ? [] : [required(`spec.selectors[${at}].cel`)],
    ),
  columns: columns('Name', 'Age'),
  row: (object, ctx) => [object.metadata.name, age(object, ctx)],
});
