import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { CelSyntaxError, compileFailure, Expression } from '../cel/index.ts';
import { goRegExp } from '../go-regexp.ts';
import { fieldSchema, type RuleSource, type ValueSchema } from './schema.ts';
import { validateValue } from './values.ts';

const invalid = (field: string, value: Json, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});
const required = (field: string, detail?: string): FieldError => ({ type: 'FieldValueRequired', field, detail });
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What the API server refuses in a CustomResourceDefinition, with its words as far as they are common. */
export function definitionErrors(object: KubeObject): FieldError[] {
  const { group, names = {}, scope, versions = [], conversion } = object['spec'] ?? {};
  const out: FieldError[] = [];
  if (object.metadata.name !== `${names.plural}.${group}`)
    out.push(invalid('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!group) out.push(required('spec.group'));
  else if (!String(group).includes('.'))
    out.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    if (scope)
      out.push({
        type: 'FieldValueNotSupported',
        field: 'spec.scope',
        value: scope,
        detail: 'supported values: "Cluster", "Namespaced"',
      });
    else out.push(required('spec.scope'));
  }
  const stored = versions.filter((v: Json) => v.storage);
  if (stored.length !== 1)
    out.push(
      invalid(
        'spec.versions',
        versions.map(internalVersion),
        'must have exactly one version marked as storage version',
      ),
    );
  const hoisted = versions.length === 1;
  for (const [i, version] of versions.entries()) out.push(...versionErrors(version, `spec.versions[${i}]`, hoisted));
  out.push(...nameErrors(names), ...conversionErrors(conversion ?? {}));
  if (stored.length === 0) out.push(invalid('status.storedVersions', null, 'must have at least one stored version'));
  return out;
}

/** A version as Go's internal type prints it. */
function internalVersion(version: Json): Json {
  return {
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  };
}

function nameErrors(names: Json): FieldError[] {
  const out: FieldError[] = [];
  for (const key of ['plural', 'kind', 'singular', 'listKind'])
    if (!names[key]) out.push(required(`spec.names.${key}`));
  if (names.plural && !LABEL.test(names.plural)) {
    const detail = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`;
    out.push(invalid('spec.names.plural', names.plural, detail));
  }
  return out;
}

function conversionErrors(conversion: Json): FieldError[] {
  const { strategy = 'None', webhook } = conversion;
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook')
    return [
      {
        type: 'FieldValueNotSupported',
        field: 'spec.conversion.strategy',
        value: strategy,
        detail: 'supported values: "None", "Webhook"',
      },
    ];
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

function versionErrors(version: Json, path: string, hoisted: boolean): FieldError[] {
  const out: FieldError[] = [];
  const columns = hoisted ? 'spec.additionalPrinterColumns' : `${path}.additionalPrinterColumns`;
  const schema: ValueSchema | undefined = version.schema?.openAPIV3Schema;
  const at = hoisted ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`;
  if (!schema) out.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'));
  else {
    if (!schema.type) out.push(required(`${at}.type`, 'must not be empty at the root'));
    else if (schema.type !== 'object') out.push(invalid(`${at}.type`, schema.type, 'must be object at the root'));
    out.push(...schemaErrors(schema, at));
  }
  for (const [i, column] of (version.additionalPrinterColumns ?? []).entries())
    if (!String(column.jsonPath ?? '').startsWith('.'))
      out.push(
        invalid(`${columns}[${i}].JSONPath`, column.jsonPath ?? '', 'must be a simple json path starting with .'),
      );
  return out;
}

function schemaErrors(schema: ValueSchema, path: string): FieldError[] {
  const out: FieldError[] = [];
  const broken = schema.pattern === undefined ? undefined : goRegExp(schema.pattern);
  if (typeof broken === 'string')
    out.push(invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${broken}`));
  if (schema.default !== undefined)
    for (const error of validateValue(schema.default, schema))
      out.push({ ...error, field: `${path}.default${error.field === '' ? '' : `.${error.field}`}` });
  for (const [i, rule] of (schema['x-kubernetes-validations'] ?? []).entries())
    out.push(...ruleErrors(rule, schema, `${path}.x-kubernetes-validations[${i}]`));
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
  return out;
}

function typeErrors(schema: ValueSchema, path: string, what: string): FieldError[] {
  if (schema.type || schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']) return [];
  return [required(`${path}.type`, `must not be empty for specified ${what}`)];
}

function ruleErrors(source: RuleSource, schema: ValueSchema, path: string): FieldError[] {
  if (!source.rule?.trim()) return [required(`${path}.rule`, 'rule is not specified')];
  const shown = {
    Rule: source.rule,
    Message: source.message ?? '',
    MessageExpression: source.messageExpression ?? '',
    Reason: source.reason ?? null,
    FieldPath: source.fieldPath ?? '',
    OptionalOldSelf: source.optionalOldSelf ?? null,
  };
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
    if (rule.isNoTruth) return [invalid(`${path}.rule`, shown, 'cel expression must evaluate to a bool')];
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
