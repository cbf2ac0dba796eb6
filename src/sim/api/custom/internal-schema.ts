import type { Json } from '../../../kube/object.ts';

/**
 * A schema as Go's internal type JSONSchemaProps prints it: all fields in the order of the struct, under their Go names
 * (k8s.io/apiextensions-apiserver v0.35.4).
 */
export function internalSchema(schema: Json): Json {
  const nested = (value: Json): Json => (value === undefined ? null : internalSchema(value));
  const listed = (value: Json): Json => value?.map(internalSchema) ?? null;
  const mapped = (value: Json): Json =>
    value === undefined
      ? null
      : Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, internalSchema(value[key])]),
        );
  const orBool = (value: Json): Json => {
    if (value === undefined) return null;
    return typeof value === 'boolean'
      ? { Allows: value, Schema: null }
      : { Allows: true, Schema: internalSchema(value) };
  };
  return {
    ID: schema.id ?? '',
    Schema: schema.$schema ?? '',
    Ref: schema.$ref ?? null,
    Description: schema.description ?? '',
    Type: schema.type ?? '',
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? '',
    Title: schema.title ?? '',
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? '',
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: schema.enum ?? null,
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: schema.required ?? null,
    Items: schema.items === undefined ? null : { Schema: internalSchema(schema.items), JSONSchemas: null },
    AllOf: listed(schema.allOf),
    OneOf: listed(schema.oneOf),
    AnyOf: listed(schema.anyOf),
    Not: nested(schema.not),
    Properties: mapped(schema.properties),
    AdditionalProperties: orBool(schema.additionalProperties),
    PatternProperties: mapped(schema.patternProperties),
    Dependencies: null,
    AdditionalItems: orBool(schema.additionalItems),
    Definitions: mapped(schema.definitions),
    ExternalDocs: schema.externalDocs
      ? { Description: schema.externalDocs.description ?? '', URL: schema.externalDocs.url ?? '' }
      : null,
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false,
    XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null,
    XListType: schema['x-kubernetes-list-type'] ?? null,
    XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: schema['x-kubernetes-validations']?.map(internalRule) ?? null,
  };
}

/** A rule as Go's internal type prints it. */
export function internalRule(rule: Json): Json {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
