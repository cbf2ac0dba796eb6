import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** resource.k8s.io/v1 ResourceSlice. */
export const resourceSlice = defineKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',

  columns: columns('Name', 'Node', 'Driver', 'Pool', 'Age'),
  row: (object, ctx) => [
    object.metadata.name,
    object.spec?.nodeName ?? '<unset>',
    object.spec?.driver ?? '',
    object.spec?.pool?.name ?? '',
    age(object, ctx),
  ],
});
