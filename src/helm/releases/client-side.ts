import { schemaOfKind } from '../../kube/api-schema.ts';
import { threeWayPatch } from '../../kube/patch/diff.ts';
import { PatchError } from '../../kube/patch/error.ts';
import { mergePatchBetween } from '../../kube/patch/merge.ts';
import { lookupByType } from '../../kube/patch/strategic.ts';
import type { Json } from '../chart.ts';
import { ApiRefusal, gvkText, type KubeClient, type Manifested } from './kube.ts';

const MANAGER = 'helm';
/** Kinds that helm's client has no types of are patched by what changed between the manifests. */
const UNTYPED = /^(apiextensions|apiregistration)\.k8s\.io\//;

interface ManagedFields {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1: Json;
}

const wrapped = (prefix: string, error: unknown): unknown =>
  error instanceof ApiRefusal ? new ApiRefusal(prefix + error.message, error.status, error.reason) : error;

/** An update as helm makes it without server-side apply: a three-way patch by old manifest, new manifest and live object. */
export async function patchClientSide(
  kube: KubeClient,
  original: Manifested,
  target: Manifested,
  live: Json,
  namespace: string,
): Promise<void> {
  const schema = UNTYPED.test(target.apiVersion) ? undefined : schemaOfKind(target.apiVersion, target.kind);
  let patch: Json;
  try {
    patch = schema
      ? threeWayPatch(original, target, live, schema, lookupByType)
      : mergePatchBetween(original as Json, target as Json);
  } catch (error) {
    if (error instanceof PatchError) throw new ApiRefusal(`failed to create patch: ${error.message}`, 422);
    throw error;
  }
  if (Object.keys(patch).length === 0) return;
  const type = schema ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json';
  const path = `${await kube.pathOf(target, namespace)}?fieldManager=${MANAGER}`;
  try {
    await kube.json('PATCH', path, patch, type);
  } catch (error) {
    throw wrapped(`cannot patch ${JSON.stringify(target.metadata.name)} with kind ${target.kind}: `, error);
  }
}

/** `--force-replace`: the whole object in place of the one that is there. */
export async function replaceObject(
  kube: KubeClient,
  target: Manifested,
  live: Json,
  namespace: string,
): Promise<void> {
  const { resourceVersion } = live['metadata'] as { resourceVersion: string };
  const path = `${await kube.pathOf(target, namespace)}?fieldManager=${MANAGER}&fieldValidation=Strict`;
  const body = { ...target, metadata: { resourceVersion, ...target.metadata } };
  try {
    await kube.json('PUT', path, body);
  } catch (error) {
    throw wrapped('failed to replace object: ', error);
  }
}

function union(a: Json, b: Json): Json {
  const out: Json = { ...a };
  for (const [key, value] of Object.entries(b ?? {}))
    out[key] = key in out ? union(out[key] as Json, value as Json) : value;
  return out;
}

/** What helm owned by updates goes to its applies, so that fields that a chart drops go away (client-go's csaupgrade). */
export async function takeOverManagedFields(kube: KubeClient, object: Manifested, namespace: string): Promise<void> {
  const live = await kube.get(object, namespace);
  if (!live) return;
  const metadata = live['metadata'] as { managedFields?: ManagedFields[]; resourceVersion: string };
  const entries = metadata.managedFields ?? [];
  const isOld = (one: ManagedFields): boolean =>
    one.manager === MANAGER && one.operation === 'Update' && !one.subresource;
  const old = entries.filter(isOld);
  if (old.length === 0) return;
  const rest = entries.filter((one) => !isOld(one));
  const own = rest.find((one) => one.manager === MANAGER && one.operation === 'Apply' && !one.subresource);
  const fieldsV1 = old.reduce((fields, one) => union(fields, one.fieldsV1), own?.fieldsV1 ?? {});
  const value = own
    ? rest.map((one) => (one === own ? { ...own, fieldsV1 } : one))
    : [{ ...old[0], operation: 'Apply', fieldsV1 }, ...rest];
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value },
    { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
  ];
  const path = `${await kube.pathOf(object, namespace)}?fieldManager=${MANAGER}&fieldValidation=Strict`;
  try {
    await kube.json('PATCH', path, patch, 'application/json-patch+json');
  } catch (error) {
    const where = `${object.metadata.namespace ?? namespace}/${object.metadata.name} ${gvkText(object)}`;
    throw wrapped(`failed to patch object to upgrade CSA field manager ${where}: `, error);
  }
}
