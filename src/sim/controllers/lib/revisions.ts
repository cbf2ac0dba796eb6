import { safeEncode } from '../../../core/ids.ts';
import { clone, controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
import { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import { byCreation, controllerRef, deleteIfExists, sameJson } from './objects.ts';
import { fnv32 } from './template-hash.ts';

export const REVISION_LABEL = 'controller-revision-hash';
const REF = 'apps/v1/ControllerRevision';

/** JSON as Go's encoding/json writes maps: sorted keys, `<`, `>`, `&` escaped. */
function goJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (value && typeof value === 'object') {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    return `{${keys
      .sort()
      .map((key) => `${goJson(key)}:${goJson(value[key])}`)
      .join(',')}}`;
  }
  const escapes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };
  return JSON.stringify(value).replace(/[<>&]/g, (ch) => escapes[ch] as string);
}

/** In the order of Go's maps: who compares revisions compares their bytes. */
function patchOf(template: Json): Json {
  return JSON.parse(goJson({ spec: { template: { ...template, $patch: 'replace' } } }));
}

/** The name suffix of a StatefulSet's revision (HashControllerRevision). */
export function revisionHash(template: Json, collisionCount: number): string {
  return safeEncode(String(fnv32(`${goJson(patchOf(template))}${collisionCount}`)));
}

/** The pod template that a revision keeps. */
export function templateOf(revision: KubeObject): Json {
  const { $patch: _, ...template } = revision.data.spec.template;
  return template;
}

export function revisionsOf(api: ApiClient, owner: KubeObject): KubeObject[] {
  return api
    .list(REF, owner.metadata.namespace)
    .filter((it) => controllerOf(it)?.uid === owner.metadata.uid)
    .sort((a, b) => a.revision - b.revision || byCreation(a, b));
}

/** How new revisions of a kind of owner are named. */
export interface Naming {
  hash(collisions: number): string;
  hashLabel: string;
  annotations?: Record<string, string>;
}

/**
 * The revision of the owner's present template: the last one, an older one made newest again, or a new one. Throws what the API server
 * says, AlreadyExists when its name belongs to another template.
 * @param revisions sorted; a new one is appended
 */
export function currentRevision(
  api: ApiClient,
  owner: KubeObject,
  revisions: KubeObject[],
  naming: Naming,
  collisions: number,
): KubeObject {
  const data = patchOf(owner.spec.template);
  const last = revisions.at(-1);
  const equal = revisions.findLast((it) => sameJson(it.data, data));
  if (equal && equal === last) return equal;
  const revision = (last?.revision ?? 0) + 1;
  if (equal) {
    const updated = api.update({ ...clone(equal), revision });
    revisions.splice(revisions.indexOf(equal), 1);
    revisions.push(updated);
    return updated;
  }
  const { namespace, name } = owner.metadata;
  const hash = naming.hash(collisions);
  const created = api.create({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, [naming.hashLabel]: hash },
      ...(naming.annotations ? { annotations: naming.annotations } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    data,
    revision,
  });
  revisions.push(created);
  return created;
}

/** Whether a name is taken, so that the next try has to count one more collision. */
export const isCollision = (error: unknown): boolean =>
  error instanceof ApiError && error.status.reason === 'AlreadyExists';

/** Deletes the oldest revisions that nothing uses, beyond the limit. */
export function truncateHistory(
  api: ApiClient,
  revisions: readonly KubeObject[],
  isLive: (revision: KubeObject) => boolean,
  limit = 10,
): void {
  const history = revisions.filter((it) => !isLive(it));
  for (const it of history.slice(0, Math.max(0, history.length - limit))) {
    deleteIfExists(api, REF, it.metadata.namespace, it.metadata.name);
  }
}
