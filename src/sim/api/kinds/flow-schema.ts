import type { Json } from '../../../kube/object.ts';
import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. */
export const flowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  hasStatus: true,
  columns: columns('Name', 'PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'Age', 'MissingPL'),
  row: (object, ctx) => {
    const { priorityLevelConfiguration, matchingPrecedence = 0, distinguisherMethod } = object.spec ?? {};
    const dangling = (object.status?.conditions ?? []).find((c: Json) => c.type === 'Dangling');
    const method = distinguisherMethod?.type ?? '<none>';
    return [
      object.metadata.name,
      priorityLevelConfiguration?.name ?? '',
      `${matchingPrecedence}`,
      method,
      age(object, ctx),
      dangling?.status ?? '?',
    ];
  },
});
