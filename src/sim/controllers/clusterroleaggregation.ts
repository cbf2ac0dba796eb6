import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Controller } from './context.ts';
import { compare, sameJson } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';
import { matchesSelector } from './lib/selector.ts';

const REF = 'rbac.authorization.k8s.io/v1/ClusterRole';

/** Gathers the rules of matching ClusterRoles into those with an aggregationRule. */
export const clusterroleaggregation: Controller = {
  name: 'clusterrole-aggregation-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('clusterrole-aggregation-controller');
    const queue = new WorkQueue(world, 'clusterroleaggregation', (name) => sync(api, name));
    api.watch(REF, () => {
      for (const role of api.list(REF)) if (role.aggregationRule) queue.add(role.metadata.name);
    });
  },
};

function sync(api: ApiClient, name: string): void {
  const role = api.get(REF, undefined, name);
  if (!role?.aggregationRule) return;
  const rules: Json[] = [];
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const matching = api
      .list(REF)
      .filter((it: KubeObject) => it.metadata.name !== name && matchesSelector(selector, it.metadata.labels));
    for (const it of [...matching].sort((a, b) => compare(a.metadata.name, b.metadata.name))) {
      for (const rule of it.rules ?? []) if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
    }
  }
  if (sameJson(role.rules ?? [], rules)) return;
  api.modify(REF, undefined, name, (draft) => {
    draft.rules = rules;
  });
}
