import { deepEqual, type Json, type KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { CelSyntaxError, compileFailure, Expression } from '../cel/index.ts';
import { goRegExp } from '../go-regexp.ts';
import { invalid, invalids, notSupported, required } from '../kinds/common/field.ts';
import { dns1035Label } from '../kinds/common/names.ts';
import { internalRule, internalSchema } from './internal-schema.ts';
import { fieldSchema, type RuleSource, type ValueSchema } from './schema.ts';
import { validateValue } from './values.ts';

/** What the API server refuses in a CustomResourceDefinition, with its words as far as they are common. */
export function definitionErrors(object: KubeObject): FieldError[] {
  const { group, names = {}, scope, versions = [], conversion } = object['spec'] ?? {};
  const out: FieldError[] = [];
  if (object.metadata.name !== `${names.plural}.${group}`)
    out.push(invalid('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!group) out.push(required('spec.group'));
  else if (!String(group).includes('.'))
    out.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (!scope) out.push(required('spec.scope'));
  else if (scope !== 'Namespaced' && scope !== 'Cluster')
    out.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  for (const [i, version] of versions.entries())
    if (!version.schema?.openAPIV3Schema) out.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
  const hoisted = hoistedOf(versions);
  for (const [i, version] of versions.entries()) {
    const at = `spec.versions[${i}]`;
    const { name = '' } = version;
    out.push(...invalids(`${at}.name`, name, dns1035Label(name)));
    if (!hoisted.schema) out.push(...schemaOf(version, `${at}.schema.openAPIV3Schema`));
    if (!hoisted.additionalPrinterColumns) out.push(...columnErrors(version, `${at}.additionalPrinterColumns`));
  }
  const shown = versions.map((version: Json) => internalVersion(version, hoisted));
  if (new Set(versions.map((version: Json) => version.name)).size < versions.length)
    out.push(invalid('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter((version: Json) => version.storage).length !== 1)
    out.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  const first = versions[0];
  if (first?.name) out.push(...invalids('spec.version', first.name, dns1035Label(first.name)));
  out.push(...nameErrors(names));
  if (first && hoisted.schema) out.push(...schemaOf(first, 'spec.validation.openAPIV3Schema'));
  if (first && hoisted.additionalPrinterColumns) out.push(...columnErrors(first, 'spec.additionalPrinterColumns'));
  out.push(...conversionErrors(conversion ?? {}));
  return out;
}

/** The versions in which objects may lie: those of the status, and the first that is to be the storage's from now on. */
export function storedVersionErrors(object: KubeObject, old?: KubeObject): FieldError[] {
  const { versions = [], preserveUnknownFields } = object['spec'] ?? {};
  const known: string[] = old?.['status']?.storedVersions ?? [];
  const next = versions.find((version: Json) => version.storage)?.name;
  const stored = next === undefined || known.includes(next) ? known : [...known, next];
  const path = 'status.storedVersions';
  const out: FieldError[] = [];
  if (stored.length === 0) out.push(invalid(path, null, 'must have at least one stored version'));
  else {
    for (const { name, storage } of versions)
      if (storage && !stored.includes(name)) out.push(invalid(path, stored, `must have the storage version ${name}`));
    for (const [i, name] of stored.entries())
      if (!versions.some((version: Json) => version.name === name))
        out.push(
          invalid(
            `${path}[${i}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        );
  }
  if (preserveUnknownFields === true && !old?.['spec'].preserveUnknownFields)
    out.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  return out;
}

/** What names the resource and its storage stays, most of it once the definition is established. */
export function definitionUpdateErrors(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, was] = [object['spec'], old['spec']];
  const isEstablished = (old['status']?.conditions ?? []).some(
    (one: Json) => one.type === 'Established' && one.status === 'True',
  );
  const fixed = (field: string, value: Json, before: Json): FieldError[] =>
    value === before ? [] : [invalid(field, value, 'field is immutable')];
  return [
    ...(isEstablished ? fixed('spec.scope', spec.scope, was.scope) : []),
    ...(isEstablished ? fixed('spec.names.kind', spec.names.kind, was.names.kind) : []),
    ...fixed('spec.group', spec.group, was.group),
    ...fixed('spec.names.plural', spec.names.plural, was.names.plural),
    ...storedVersionErrors(object, old),
  ];
}

type Hoisted = Record<'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields', boolean>;

/** What all versions say alike is said of the whole definition by the server's internal type. */
function hoistedOf(versions: Json[]): Hoisted {
  const alike = (field: string): boolean =>
    versions.every((version) => deepEqual(version[field], versions[0]?.[field]));
  return {
    schema: alike('schema'),
    subresources: alike('subresources'),
    additionalPrinterColumns: alike('additionalPrinterColumns'),
    selectableFields: alike('selectableFields'),
  };
}

/** A version as Go's internal type prints it. */
function internalVersion(version: Json, hoisted: Hoisted): Json {
  const { status, scale } = version.subresources ?? {};
  const schema = version.schema?.openAPIV3Schema;
  return {
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: hoisted.schema || !version.schema ? null : { OpenAPIV3Schema: schema ? internalSchema(schema) : null },
    Subresources:
      hoisted.subresources || !version.subresources
        ? null
        : {
            Status: status ?? null,
            Scale: scale
              ? {
                  SpecReplicasPath: scale.specReplicasPath ?? '',
                  StatusReplicasPath: scale.statusReplicasPath ?? '',
                  LabelSelectorPath: scale.labelSelectorPath ?? null,
                }
              : null,
          },
    AdditionalPrinterColumns:
      hoisted.additionalPrinterColumns || !version.additionalPrinterColumns
        ? null
        : version.additionalPrinterColumns.map(internalColumn),
    SelectableFields:
      hoisted.selectableFields || !version.selectableFields
        ? null
        : version.selectableFields.map(({ jsonPath }: Json) => ({ JSONPath: jsonPath ?? '' })),
  };
}

function internalColumn(column: Json): Json {
  return {
    Name: column.name ?? '',
    Type: column.type ?? '',
    Format: column.format ?? '',
    Description: column.description ?? '',
    Priority: column.priority ?? 0,
    JSONPath: column.jsonPath ?? '',
  };
}

function nameErrors(names: Json): FieldError[] {
  const out: FieldError[] = [];
  const wrong = (key: string, value: string, details: string[], intro = ''): void => {
    for (const detail of details) out.push(invalid(`spec.names.${key}`, value, `${intro}${detail}`));
  };
  for (const key of ['plural', 'singular', 'kind', 'listKind'])
    if (!names[key]) out.push(required(`spec.names.${key}`));
  const { plural, singular, kind, listKind } = names;
  if (plural) wrong('plural', plural, dns1035Label(plural));
  if (singular) wrong('singular', singular, dns1035Label(singular));
  const mixed = 'may have mixed case, but should otherwise match: ';
  if (kind) wrong('kind', kind, dns1035Label(kind.toLowerCase()), mixed);
  if (listKind) wrong('listKind', listKind, dns1035Label(listKind.toLowerCase()), mixed);
  for (const [i, name] of (names.shortNames ?? []).entries()) wrong(`shortNames[${i}]`, name, dns1035Label(name));
  if (kind && kind === listKind) wrong('listKind', listKind, ['kind and listKind may not be the same']);
  for (const [i, name] of (names.categories ?? []).entries()) wrong(`categories[${i}]`, name, dns1035Label(name));
  return out;
}

function conversionErrors(conversion: Json): FieldError[] {
  const { strategy = 'None', webhook } = conversion;
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const out: FieldError[] = [];
  if (!webhook?.clientConfig)
    out.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  if (!webhook?.conversionReviewVersions?.length) out.push(required('spec.conversion.conversionReviewVersions'));
  if (out.length > 0) return out;
  return [
    {
      type: 'FieldValueForbidden',
      field: 'spec.conversion.strategy',
      detail: 'this cluster does not convert by webhooks: use None',
    },
  ];
}

function schemaOf(version: Json, at: string): FieldError[] {
  const schema: ValueSchema | undefined = version.schema?.openAPIV3Schema;
  if (!schema) return [];
  const out: FieldError[] = [];
  if (!schema.type) out.push(required(`${at}.type`, 'must not be empty at the root'));
  else if (schema.type !== 'object') out.push(invalid(`${at}.type`, schema.type, 'must be object at the root'));
  return [...out, ...schemaErrors(schema, at)];
}

function columnErrors(version: Json, at: string): FieldError[] {
  return (version.additionalPrinterColumns ?? []).flatMap((column: Json, i: number) =>
    String(column.jsonPath ?? '').startsWith('.')
      ? []
      : [invalid(`${at}[${i}].JSONPath`, column.jsonPath ?? '', 'must be a simple json path starting with .')],
  );
}

function schemaErrors(schema: ValueSchema, path: string): FieldError[] {
  const out: FieldError[] = [];
  const broken = schema.pattern === undefined ? undefined : goRegExp(schema.pattern);
  if (typeof broken === 'string')
    out.push(invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${broken}`));
  if (schema.default !== undefined)
    for (const error of validateValue(schema.default, schema))
      out.push({ ...error, field: `${path}.default${error.field === '' ? '' : `.${error.field}`}` });
  const rules = (schema['x-kubernetes-validations'] ?? []).map((rule, i): [RuleSource, string] => [
    rule,
    `${path}.x-kubernetes-validations[${i}]`,
  ]);
  for (const [rule, at] of rules) if (!rule.rule?.trim()) out.push(required(`${at}.rule`, 'rule is not specified'));
  for (const name of Object.keys(schema.properties ?? {}).sort()) {
    const field = schema.properties?.[name] as ValueSchema;
    out.push(...typeErrors(field, `${path}.properties[${name}]`, 'object fields'));
    out.push(...schemaErrors(field, `${path}.properties[${name}]`));
  }
  if (schema.type === 'array' && !schema.items) out.push(required(`${path}.items`, 'must be specified'));
  if (schema.items) {
    out.push(...typeErrors(schema.items, `${path}.items`, 'array items'));
    if (schema['x-kubernetes-list-type'] === 'map' && schema.items.type !== 'object')
      out.push(
        invalid(
          `${path}.items.type`,
          schema.items.type ?? '',
          "must be object if parent array's x-kubernetes-list-type is map",
        ),
      );
    out.push(...schemaErrors(schema.items, `${path}.items`));
  }
  if (schema['x-kubernetes-list-type'] === 'map' && !schema['x-kubernetes-list-map-keys']?.length)
    out.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  if (typeof schema.additionalProperties === 'object') {
    out.push(...typeErrors(schema.additionalProperties, `${path}.additionalProperties`, 'object fields'));
    out.push(...schemaErrors(schema.additionalProperties, `${path}.additionalProperties`));
  }
  // Rules are compiled only for schemas that are right down to their leaves.
  if (out.length > 0) return out;
  return rules.flatMap(([rule, at]) => ruleErrors(rule, schema, at));
}

function typeErrors(schema: ValueSchema, path: string, what: string): FieldError[] {
  if (schema.type || schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']) return [];
  return [required(`${path}.type`, `must not be empty for specified ${what}`)];
}

function ruleErrors(source: RuleSource, schema: ValueSchema, path: string): FieldError[] {
  const shown = internalRule(source);
  if (source.optionalOldSelf)
    return [
      {
        type: 'FieldValueForbidden',
        field: `${path}.optionalOldSelf`,
        detail: 'this cluster does not know optional values',
      },
    ];
  try {
    const rule = new Expression(source.rule, ['self', 'oldSelf']);
    const unknown = rule.fieldsOf('self').find((one) => !isKnown(schema, one.path));
    if (unknown) throw new CelSyntaxError(`undefined field '${unknown.path.at(-1)}'`, unknown.at);
    if ((rule.type ?? 'bool') !== 'bool')
      return [invalid(`${path}.rule`, shown, 'cel expression must evaluate to a bool')];
  } catch (error) {
    if (error instanceof CelSyntaxError) return [invalid(`${path}.rule`, shown, compileFailure(source.rule, error))];
    throw error;
  }
  try {
    if (source.messageExpression) new Expression(source.messageExpression, ['self', 'oldSelf']);
    return [];
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    const detail = `messageExpression ${compileFailure(source.messageExpression ?? '', error)}`;
    return [invalid(`${path}.messageExpression`, shown, detail)];
  }
}

/** Whether the schema knows the path; what lies in free-form parts is known always. */
function isKnown(schema: ValueSchema, path: readonly string[]): boolean {
  let at: ValueSchema | undefined = schema;
  for (const [i, name] of path.entries()) {
    if (!at || at['x-kubernetes-preserve-unknown-fields'] || at.type !== 'object') return true;
    if (i === 0 && ['metadata', 'kind', 'apiVersion'].includes(name)) return true;
    if (name.includes('__')) return true;
    const next = fieldSchema(at, name);
    if (!next) return false;
    at = next;
  }
  return true;
}
