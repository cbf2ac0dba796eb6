import { since } from '../../kube/duration.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from './api.ts';
import { defaultValue, validateValue, valueAt } from './custom-values.ts';
import type { ResourceInfo, Schema } from './facts.ts';
import { META_TYPE } from './facts.ts';
import type { KindDef, TableColumn } from './kind.ts';
import type { Registry } from './registry.ts';

const DEFINITION = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
const STORAGE = 'apiextensions.k8s.io/customresourcedefinitions';
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Serves what CustomResourceDefinitions define while they exist, and tells so in their status. */
export function followDefinitions(registry: Registry, client: ApiClient): void {
  registry.store.listen(STORAGE, (change) => {
    const definition = change.stored.object;
    const { group, names } = definition.spec ?? {};
    registry.kinds.removeGroupResource(group, names?.plural);
    if (change.type === 'DELETED') return;
    for (const info of infosOf(definition)) registry.kinds.addCustom(info, behaviourOf(definition, info));
    if (change.type === 'ADDED') registry.world.after(0, () => establish(client, definition));
  });
}

/** What the definition says of defaults, rules, columns and scale. */
function behaviourOf(definition: KubeObject, info: ResourceInfo): Partial<KindDef> {
  const version = definition.spec.versions.find((v: Json) => v.name === info.version);
  const schema = version.schema?.openAPIV3Schema ?? {};
  const { scale } = version.subresources ?? {};
  const printed: Json[] = version.additionalPrinterColumns ?? [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
  return {
    setDefaults: (draft) => defaultValue(draft, schema),
    prepareForCreate(draft) {
      if (info.subresources['status']) delete draft['status'];
    },
    validate: (object) => validateValue(object, schema),
    ...(scale ? { scale: scaleBy(scale) } : {}),
    columns: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      ...printed.map(
        (c): TableColumn => ({
          name: c.name,
          type: c.type,
          format: c.format,
          description: c.description ?? `Custom resource definition column (in JSONPath format): ${c.jsonPath}`,
          priority: c.priority ?? 0,
        }),
      ),
    ],
    row: (object, ctx) => [
      object.metadata.name,
      ...printed.map((c) => {
        const value = valueAt(object, c.jsonPath);
        return c.type === 'date' && typeof value === 'string' ? since(value, ctx.nowMs) : (value ?? null);
      }),
    ],
  };
}

function scaleBy(scale: Json): NonNullable<KindDef['scale']> {
  return {
    replicas: (object) => valueAt(object, scale.specReplicasPath) ?? 0,
    statusReplicas: (object) => valueAt(object, scale.statusReplicasPath) ?? 0,
    selector: (object) => (scale.labelSelectorPath ? (valueAt(object, scale.labelSelectorPath) ?? '') : ''),
    setReplicas(draft, replicas) {
      const path: string[] = scale.specReplicasPath.replace(/^\./, '').split('.');
      const last = path.pop() as string;
      let parent: Json = draft;
      for (const key of path) {
        parent[key] ??= {};
        parent = parent[key];
      }
      parent[last] = replicas;
    },
  };
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
