import { safeEncode } from '../../../core/ids.ts';
import { clone, controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
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

function patchOf(template: Json): Json {
  return { spec: { template: { ...clone(template), $patch: 'replace' } } };
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

/**
 * The revision of the owner's present template: the last one, an older one made newest again, or a new one.
 * @param revisions sorted; a new one is appended
 */
export function currentRevision(
  api: ApiClient,
  owner: KubeObject,
  revisions: KubeObject[],
  fresh: { hash: string; hashLabel: string; annotations?: Record<string, string> },
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
  const created = api.create({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${fresh.hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, [fresh.hashLabel]: fresh.hash },
      ...(fresh.annotations ? { annotations: fresh.annotations } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    data,
    revision,
  });
  revisions.push(created);
  return created;
}

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
