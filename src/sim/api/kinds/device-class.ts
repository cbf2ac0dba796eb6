import { defineKind } from './common/define.ts';
import { validateSelectors } from './common/device-requests.ts';
import { age, columns } from './common/table.ts';

/** resource.k8s.io/v1 DeviceClass. */
export const deviceClass = defineKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  generation: true,
  deleteReturnsStatus: false,
  validate: ({ spec }) => validateSelectors(spec?.selectors, 'spec.selectors'),
  columns: columns('Name', 'Age'),
  row: (object, ctx) => [object.metadata.name, age(object, ctx)],
});
