import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from './api.ts';
import type { ResourceInfo, Schema } from './facts.ts';
import { META_TYPE } from './facts.ts';
import type { Registry } from './registry.ts';

const DEFINITION = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
const STORAGE = 'apiextensions.k8s.io/customresourcedefinitions';
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Serves what CustomResourceDefinitions define while they exist, and tells so in their status. */
export function followDefinitions(registry: Registry, client: ApiClient): void {
  registry.store.listen(STORAGE, (change) => {
    const definition = change.stored.object;
    const { group, names } = definition.spec ?? {};
    registry.kinds.removeGroupResource(group, names?.plural);
    if (change.type === 'DELETED') return;
    for (const info of infosOf(definition)) registry.kinds.addCustom(info);
    if (change.type === 'ADDED') registry.world.after(0, () => establish(client, definition));
  });
}

function infosOf(definition: KubeObject): ResourceInfo[] {
  const { group, names, scope, versions } = definition.spec;
  return versions
    .filter((v: Json) => v.served)
    .map((v: Json): ResourceInfo => {
      const own: Schema = v.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      const properties: Record<string, Schema> = {
        ...own.properties,
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { ref: META_TYPE },
      };
      const sub = { version: v.name, kind: names.kind, verbs: ['get', 'patch', 'update'] };
      const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
      return {
        group,
        version: v.name,
        resource: names.plural,
        kind: names.kind,
        singular: names.singular ?? String(names.kind).toLowerCase(),
        namespaced: scope === 'Namespaced',
        shortNames: names.shortNames,
        categories: names.categories,
        verbs: VERBS,
        schema: { ...own, properties },
        subresources: {
          ...(v.subresources?.status ? { status: sub } : {}),
          ...(v.subresources?.scale ? { scale } : {}),
        },
        custom: true,
      };
    });
}

function establish(client: ApiClient, definition: KubeObject): void {
  client.modify(
    DEFINITION,
    undefined,
    definition.metadata.name,
    (draft) => {
      const lastTransitionTime = definition.metadata.creationTimestamp;
      const condition = (type: string, reason: string, message: string): Json => ({
        type,
        status: 'True',
        lastTransitionTime,
        reason,
        message,
      });
      draft.status = {
        acceptedNames: draft.spec.names,
        conditions: [
          condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
          condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
        ],
        storedVersions: draft.spec.versions.filter((v: Json) => v.storage).map((v: Json) => v.name),
      };
    },
    'status',
  );
}
