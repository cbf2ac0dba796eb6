import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** storage.k8s.io/v1 VolumeAttributesClass. */
export const volumeAttributesClass = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',

  columns: columns('Name', 'DriverName', 'Age'),
  row: (object, ctx) => [object.metadata.name, object['driverName'] ?? '', age(object, ctx)],
});
