import type { Json } from '../../../kube/object.ts';

/** A structural schema as CustomResourceDefinitions carry it. */
export interface ValueSchema {
  type?: string;
  format?: string;
  default?: Json;
  enum?: Json[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  nullable?: boolean;
  required?: string[];
  properties?: Record<string, ValueSchema>;
  items?: ValueSchema;
  additionalProperties?: ValueSchema | boolean;
  allOf?: ValueSchema[];
  anyOf?: ValueSchema[];
  oneOf?: ValueSchema[];
  not?: ValueSchema;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: RuleSource[];
}

/** One entry of x-kubernetes-validations. */
export interface RuleSource {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** The schema of a property or of a map's values; undefined for what the schema does not know. */
export function fieldSchema(schema: ValueSchema | undefined, name: string): ValueSchema | undefined {
  const own = schema?.properties;
  if (own !== undefined && Object.hasOwn(own, name)) return own[name];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
