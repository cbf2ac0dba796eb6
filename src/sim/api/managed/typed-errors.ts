import type { Json } from '../../../kube/object.ts';
import type { Schema } from '../facts.ts';
import { INT_OR_STRING_TYPE, MICRO_TIME_TYPE, QUANTITY_TYPE, resolve, TIME_TYPE } from '../facts.ts';
import { printElement } from './field-set.ts';
import { keyElement } from './typed.ts';

const UNTYPED = new Set([QUANTITY_TYPE, INT_OR_STRING_TYPE, TIME_TYPE, MICRO_TIME_TYPE]);
const EXPECTED: Record<string, string> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
};

/** What structured-merge-diff refuses about a configuration: `.data.k: expected string, got …`, one text each. */
export function typedErrors(value: Json, schema: Schema): string[] {
  const out: string[] = [];
  check(value, schema, '', out);
  return out;
}

/** Several errors as one text, as structured-merge-diff joins them. */
export function joinTypedErrors(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] as string) : ['errors:', ...errors.map((e) => `  ${e}`)].join('\n');
}

function check(value: Json, ref: Schema, path: string, out: string[]): void {
  if (value === null || value === undefined) return;
  if (ref.ref !== undefined && UNTYPED.has(ref.ref)) return;
  const schema = resolve(ref);
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string') return;
  const refuse = (what: string): void => {
    out.push(`${path}: expected ${what}, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  };
  if (schema.type === 'array') {
    if (Array.isArray(value)) checkItems(value, schema, path, out);
    else refuse('list');
  } else if (schema.type === 'object') {
    if (typeof value !== 'object' || Array.isArray(value)) refuse('map');
    else checkFields(value, schema, path, out);
  } else if (schema.type !== undefined) {
    const expected = EXPECTED[schema.type];
    const jsType = schema.type === 'integer' ? 'number' : schema.type;
    if (expected !== undefined && typeof value !== jsType) refuse(expected);
  }
}

function checkFields(value: Record<string, Json>, schema: Schema, path: string, out: string[]): void {
  for (const key of Object.keys(value)) {
    const field = schema.properties?.[key] ?? schema.additionalProperties;
    const here = `${path}.${key}`;
    if (field) check(value[key], field, here, out);
    else if (schema.properties && !schema['x-kubernetes-preserve-unknown-fields'])
      out.push(`${here}: field not declared in schema`);
  }
}

function checkItems(value: Json[], schema: Schema, path: string, out: string[]): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const element = type === 'map' ? keyElement(item, keys) : type === 'set' ? `v:${JSON.stringify(item)}` : undefined;
    const shown = element === undefined ? `[${index}]` : printElement(element);
    if (element !== undefined && seen.has(element)) out.push(`${path}: duplicate entries for key ${shown}`);
    if (element !== undefined) seen.add(element);
    check(item, schema.items ?? {}, `${path}${shown}`, out);
  }
}

/** Go's %#v of decoded JSON. */
function goSyntax(value: Json): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (value === null) return 'interface {}(nil)';
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`);
  return `map[string]interface {}{${fields.join(', ')}}`;
}
