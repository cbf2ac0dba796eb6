import type { Json, KubeObject } from '../../../kube/object.ts';
import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

function availability(object: KubeObject): string {
  const condition = (object.status?.conditions ?? []).find((c: Json) => c.type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`;
}

/** apiregistration.k8s.io/v1 APIService. */
export const apiService = defineKind({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  hasStatus: true,
  columns: columns('Name', 'Service', 'Available', 'Age'),
  row: (object, ctx) => {
    const { service } = object.spec;
    const name = service ? `${service.namespace}/${service.name}` : 'Local';
    return [object.metadata.name, name, availability(object), age(object, ctx)];
  },
});
