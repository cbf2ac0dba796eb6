import { defineKind } from './common/define.ts';
import { columns } from './common/table.ts';

/** networking.k8s.io/v1 IPAddress. */
export const ipAddress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',

  columns: columns('Name', 'ParentRef'),
  row: (object) => {
    const { group = '', resource = '', namespace = '', name = '' } = object.spec?.parentRef ?? {};
    return [object.metadata.name, `${group === '' ? resource : `${resource}.${group}`}/${namespace}/${name}`];
  },
});
