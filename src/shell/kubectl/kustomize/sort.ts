import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { gvkText, type Id, idOf, type ResourceMap } from './resources.ts';

/** Kinds that stand first and last; the others between, by kind. */
const FIRST = [
  ...['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service'],
  ...['LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet'],
  ...['CronJob', 'PodDisruptionBudget'],
];
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** SortOrderTransformer; without options the old fixed order. */
export function sort(map: ResourceMap, { order, legacySortOptions }: Json): void {
  if (order !== 'fifo' && order !== 'legacy')
    throw new KubectlError("the field 'sortOptions.order' must be one of [fifo, legacy]");
  if (order === 'fifo') {
    if (legacySortOptions)
      throw new KubectlError(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      );
    return;
  }
  const first: string[] = legacySortOptions ? (legacySortOptions.orderFirst ?? []) : FIRST;
  const last: string[] = legacySortOptions ? (legacySortOptions.orderLast ?? []) : LAST;
  const rank = new Map<string, number>();
  for (const [at, kind] of first.entries()) rank.set(kind, at - first.length);
  for (const [at, kind] of last.entries()) rank.set(kind, at + 1);
  const type = ({ group, version, kind }: Id): string => `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
  const name = (id: Id): string => `${gvkText(id)}|${id.namespace || '~X'}|${id.name || '~N'}`;
  const compare = (a: Id, b: Id): number => {
    const byRank = (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0);
    if (byRank !== 0) return byRank;
    const [left, right] = type(a) === type(b) ? [name(a), name(b)] : [type(a), type(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };
  map.list = map.list
    .map((one) => ({ one, id: idOf(one) }))
    .sort((a, b) => compare(a.id, b.id))
    .map(({ one }) => one);
}
