import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../kube/object.ts';
import { type Client, withQuery } from './client.ts';
import { formatSelector } from './describe/writer.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** Revision of a replica set or deployment, 0 when it has none. */
export function revisionOf(object: Json): number {
  return Number(object?.metadata?.annotations?.[REVISION] ?? 0);
}

/** Replica sets that the deployment controls, oldest first. */
export async function replicaSetsOf(client: Client, deployment: Json): Promise<Json[]> {
  const path = `/apis/apps/v1/namespaces/${deployment.metadata.namespace}/replicasets`;
  const list = await client.list(withQuery(path, { labelSelector: formatSelector(deployment.spec.selector) }));
  const owned: Json[] = list.items.filter((rs: Json) =>
    rs.metadata.ownerReferences?.some((ref: Json) => ref.controller && ref.uid === deployment.metadata.uid),
  );
  const age = (rs: Json): string => `${rs.metadata.creationTimestamp} ${rs.metadata.name}`;
  return owned.sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

/** A pod template without the hash label that the controller adds. */
export function bareTemplate(template: Json): Json {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The replica set of the deployment's present template, the oldest of several. */
export function newReplicaSet(deployment: Json, sets: Json[]): Json {
  const wanted = bareTemplate(deployment.spec.template);
  return [...sets]
    .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
    .find((rs) => isDeepStrictEqual(bareTemplate(rs.spec.template), wanted));
}
