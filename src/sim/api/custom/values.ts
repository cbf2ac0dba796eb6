import type { Json } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';
import type { Schema } from './facts.ts';

/** Parts of a structural schema that only custom resources use. */
interface ValueSchema extends Omit<Schema, 'properties' | 'items' | 'additionalProperties'> {
  default?: Json;
  enum?: Json[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  nullable?: boolean;
  properties?: Record<string, ValueSchema>;
  items?: ValueSchema;
  additionalProperties?: ValueSchema;
}

/** Fills what a custom resource's schema gives as default, in place. */
export function defaultValue(value: Json, schema: Json): void {
  const { properties, items, additionalProperties } = schema as ValueSchema;
  if (Array.isArray(value)) {
    if (items) for (const item of value) defaultValue(item, items);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, field] of Object.entries(properties ?? {})) {
    if (value[name] === undefined && field.default !== undefined) value[name] = structuredClone(field.default);
    defaultValue(value[name], field);
  }
  if (additionalProperties && typeof additionalProperties === 'object')
    for (const name of Object.keys(value)) defaultValue(value[name], additionalProperties);
}

/** What a custom resource's schema refuses, with the words of upstream's OpenAPI validator. */
export function validateValue(value: Json, schema: Json, path = ''): FieldError[] {
  if (value === undefined || value === null) return [];
  const own = limits(value, schema as ValueSchema, path);
  return [...own, ...children(value, schema as ValueSchema, path)];
}

function children(value: Json, schema: ValueSchema, path: string): FieldError[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => (schema.items ? validateValue(item, schema.items, `${path}[${i}]`) : []));
  if (typeof value !== 'object') return [];
  const names = new Set([...Object.keys(value), ...(schema.required ?? [])]);
  return [...names].sort().flatMap((name): FieldError[] => {
    const here = path === '' ? name : `${path}.${name}`;
    if (value[name] === undefined) return [{ type: 'FieldValueRequired', field: here }];
    const field = schema.properties?.[name] ?? schema.additionalProperties;
    return field && typeof field === 'object' ? validateValue(value[name], field, here) : [];
  });
}

function limits(value: Json, schema: ValueSchema, field: string): FieldError[] {
  const out: FieldError[] = [];
  const bad = (detail: string, shown: Json = value): void => {
    out.push({ type: 'FieldValueInvalid', field, value: shown, detail: `${field} in body ${detail}` });
  };
  if (schema.enum && !schema.enum.includes(value)) {
    const detail = `supported values: ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`;
    out.push({ type: 'FieldValueNotSupported', field, value, detail });
  }
  if (typeof value === 'number') {
    if (schema.maximum !== undefined && value > schema.maximum)
      bad(`should be less than or equal to ${schema.maximum}`);
    if (schema.minimum !== undefined && value < schema.minimum)
      bad(`should be greater than or equal to ${schema.minimum}`);
  }
  if (typeof value === 'string') {
    if (schema.maxLength !== undefined && value.length > schema.maxLength) {
      const detail = `may not be more than ${schema.maxLength} bytes`;
      out.push({ type: 'FieldValueTooLong', field, detail });
    } else if (schema.minLength !== undefined && value.length < schema.minLength)
      bad(`should be at least ${schema.minLength} chars long`);
    else if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
      bad(`should match '${schema.pattern}'`);
  }
  if (Array.isArray(value)) {
    if (schema.maxItems !== undefined && value.length > schema.maxItems) {
      const detail = `${value.length}: must have at most ${schema.maxItems} items`;
      out.push({ type: 'FieldValueTooMany', field, detail });
    }
    if (schema.minItems !== undefined && value.length < schema.minItems)
      bad(`should have at least ${schema.minItems} items`, value.length);
  }
  return out;
}

/** A value by a printer column's or scale's path (`.spec.size`); undefined when the path leads nowhere or is not that simple. */
export function valueAt(object: Json, path: string): Json {
  return path
    .replace(/^\./, '')
    .split('.')
    .reduce((value, key) => (value === null || value === undefined ? undefined : value[key]), object);
}
