import { since } from '../../../kube/duration.ts';
import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import type { ApiClient } from '../api.ts';
import type { ResourceInfo, Schema } from '../facts.ts';
import { META_TYPE } from '../facts.ts';
import type { KindDef, TableColumn } from '../kind.ts';
import type { Registry } from '../registry.ts';
import { CLEANUP } from './cleanup.ts';
import { valueAt } from './json-path.ts';
import { hasRules, ruleErrors } from './rules.ts';
import type { ValueSchema } from './schema.ts';
import { defaultValue, duplicates, validateValue } from './values.ts';

const DEFINITION = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
const STORAGE = 'apiextensions.k8s.io/customresourcedefinitions';
const CLEANUP_PERIOD_MS = 1_000;
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** Serves what CustomResourceDefinitions define while they exist, and tells so in their status. */
export function followDefinitions(registry: Registry, client: ApiClient): void {
  registry.store.listen(STORAGE, (change) => {
    const definition = change.stored.object;
    const { group, names } = definition.spec ?? {};
    registry.kinds.removeGroupResource(group, names?.plural);
    if (change.type === 'DELETED') return;
    for (const info of infosOf(definition)) registry.kinds.addCustom(info, behaviourOf(definition, info));
    if (definition.metadata.deletionTimestamp !== undefined) {
      if (change.old?.object.metadata.deletionTimestamp === undefined)
        registry.world.after(0, () => cleanUp(registry, client, definition));
    } else if (change.type === 'ADDED' || change.old?.object['spec'] !== definition['spec'])
      registry.world.after(0, () => establish(client, definition));
  });
}

/** Deletes what the definition defines, and lets it go when all of that is gone; finalizers of its objects hold it. */
function cleanUp(registry: Registry, client: ApiClient, definition: KubeObject): void {
  const { name } = definition.metadata;
  const version = definition['spec'].versions.find((v: Json) => v.served)?.name;
  const kind = registry.kinds.byPath(definition['spec'].group, version ?? '', definition['spec'].names.plural);
  const left = kind ? client.list(kind.info) : [];
  if (left.length === 0) {
    client.modify(DEFINITION, undefined, name, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((one) => one !== CLEANUP);
    });
    return;
  }
  for (const one of left)
    if (kind && one.metadata.deletionTimestamp === undefined)
      client.delete(kind.info, one.metadata.namespace, one.metadata.name);
  registry.world.after(CLEANUP_PERIOD_MS, () => cleanUp(registry, client, definition));
}

const INT32_MAX = 2147483647;
const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const UNCHECKED: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  value: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** What a scale's paths point at must be counts, whatever the schema says of them; the paths are told as they were given. */
function scaleErrors(object: KubeObject, paths: (string | undefined)[]): FieldError[] {
  const wrong = (field: string, value: Json, detail: string): FieldError[] => [
    { type: 'FieldValueInvalid', field, value, detail },
  ];
  return paths.flatMap((path) => {
    const value = path === undefined ? undefined : valueAt(object, path);
    if (path === undefined || value === undefined) return [];
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      const type = typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : undefined;
      if (type === undefined) return [];
      return wrong(path, 0, `${path} accessor error: ${value} is of the type ${type}, expected int64`);
    }
    if (value < 0) return wrong(path, value, 'should be a non-negative integer');
    return value > INT32_MAX ? wrong(path, value, `should be less than or equal to ${INT32_MAX}`) : [];
  });
}

/** Schema first; rules are asked only where the schema leaves them something to go by. */
function errorsOf(object: KubeObject, schema: ValueSchema, counts: (string | undefined)[]): FieldError[] {
  const errors = [...validateValue(object, schema), ...scaleErrors(object, counts), ...duplicates(object, schema)];
  if (!hasRules(schema)) return errors;
  if (errors.some((error) => BLOCKING.has(error.type))) return [...errors, UNCHECKED];
  return [...errors, ...ruleErrors(object, schema, '')];
}

function transitionErrors(object: KubeObject, old: KubeObject, schema: ValueSchema): FieldError[] {
  if (!hasRules(schema) || validateValue(object, schema).some((error) => BLOCKING.has(error.type))) return [];
  return ruleErrors(object, schema, '', { value: old });
}

/** What the definition says of defaults, rules, columns and scale. */
function behaviourOf(definition: KubeObject, info: ResourceInfo): Partial<KindDef> {
  const version = definition.spec.versions.find((v: Json) => v.name === info.version);
  const schema = version.schema?.openAPIV3Schema ?? {};
  const { scale } = version.subresources ?? {};
  const selectable: string[] = (version.selectableFields ?? []).map((one: Json) => one.jsonPath);
  const printed: Json[] = version.additionalPrinterColumns ?? [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ];
  const counts = [scale?.specReplicasPath, scale?.statusReplicasPath];
  const old = `${info.group}/${info.version} ${info.kind} is deprecated`;
  return {
    ...(version.deprecated ? { deprecated: version.deprecationWarning ?? old } : {}),
    setDefaults: (draft) => defaultValue(draft, schema),
    prepareForCreate(draft) {
      if (info.subresources['status']) delete draft['status'];
    },
    validate: (object) => errorsOf(object, schema, counts),
    validateUpdate: (object, old) => transitionErrors(object, old, schema),
    validateStatusUpdate: (object, old) => [
      ...errorsOf(object, schema, counts),
      ...transitionErrors(object, old, schema),
    ],
    selectableFields: (object) => Object.fromEntries(selectable.map((path) => [path.slice(1), textAt(object, path)])),
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
        return cell(value, c.type, ctx.nowMs);
      }),
    ],
  };
}

function textAt(object: Json, path: string): string {
  const value = valueAt(object, path);
  return value === undefined || value === null ? '' : String(value);
}

function cell(value: Json, type: string, nowMs: number): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'date') return typeof value === 'string' ? since(value, nowMs) : '<invalid>';
  if (type !== 'string' || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
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
      const stored = draft.spec.versions.filter((v: Json) => v.storage).map((v: Json) => v.name);
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
        storedVersions: [...new Set([...(draft.status?.storedVersions ?? []), ...stored])],
      };
    },
    'status',
  );
}
