import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { goRegExp } from '../go-regexp.ts';
import { matchesFormat } from './formats.ts';
import { fieldSchema, type ValueSchema } from './schema.ts';

/** Fills what a custom resource's schema gives as default, in place. */
export function defaultValue(value: Json, schema: ValueSchema | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) defaultValue(item, schema?.items);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, field] of Object.entries(schema?.properties ?? {})) {
    const isUnset = value[name] === undefined || (value[name] === null && field.nullable !== true);
    if (isUnset && field.default !== undefined) value[name] = structuredClone(field.default);
  }
  for (const name of Object.keys(value)) defaultValue(value[name], fieldSchema(schema, name));
}

/** What a custom resource's schema refuses, with the words of upstream's OpenAPI validator. */
export function validateValue(value: Json, schema: ValueSchema, path = ''): FieldError[] {
  if (value === undefined || (value === null && schema.nullable)) return [];
  const wrong = typeError(value, schema, path);
  return [...wrong, ...limits(value, schema, path), ...combined(value, schema, path), ...children(value, schema, path)];
}

function children(value: Json, schema: ValueSchema, path: string): FieldError[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => (schema.items ? validateValue(item, schema.items, `${path}[${i}]`) : []));
  if (value === null || typeof value !== 'object') return [];
  const names = new Set([...(schema.required ?? []), ...Object.keys(value).sort()]);
  return [...names].flatMap((name): FieldError[] => {
    const here = path === '' ? name : `${path}.${name}`;
    if (value[name] === undefined) return [{ type: 'FieldValueRequired', field: here }];
    const field = fieldSchema(schema, name);
    return field ? validateValue(value[name], field, here) : [];
  });
}

/** The name that OpenAPI gives a JSON value's type. */
function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeError(value: Json, schema: ValueSchema, field: string): FieldError[] {
  const has = typeOf(value);
  const wanted = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const fits = wanted.length === 0 || wanted.includes(has) || (has === 'integer' && wanted.includes('number'));
  if (!fits) {
    const detail = `${field} in body must be of type ${wanted.join(',')}: ${JSON.stringify(has)}`;
    return [{ type: 'FieldValueTypeInvalid', field, value: has, detail }];
  }
  if (typeof value !== 'string' || !schema.format || matchesFormat(schema.format, value)) return [];
  const detail = `${field} in body must be of type ${schema.format}: ${JSON.stringify(value)}`;
  return [{ type: 'FieldValueTypeInvalid', field, value, detail }];
}

type Bad = (detail: string, shown?: Json) => void;

function limits(value: Json, schema: ValueSchema, field: string): FieldError[] {
  const out: FieldError[] = [];
  const bad: Bad = (detail, shown = value) => {
    out.push({ type: 'FieldValueInvalid', field, value: shown, detail: `${field} in body ${detail}` });
  };
  if (schema.enum && !schema.enum.some((item) => JSON.stringify(item) === JSON.stringify(value))) {
    const detail = `supported values: ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`;
    out.push({ type: 'FieldValueNotSupported', field, value, detail });
  }
  if (typeof value === 'number') numberLimits(value, schema, bad);
  else if (typeof value === 'string') out.push(...stringLimits(value, schema, field, bad));
  else if (Array.isArray(value)) out.push(...listLimits(value, schema, field, bad));
  else if (value !== null && typeof value === 'object') out.push(...mapLimits(value, schema, field, bad));
  return out;
}

function numberLimits(value: number, schema: ValueSchema, bad: Bad): void {
  const { maximum, minimum, exclusiveMaximum, exclusiveMinimum, multipleOf } = schema;
  if (multipleOf && Math.abs(value / multipleOf - Math.round(value / multipleOf)) > 1e-9)
    bad(`should be a multiple of ${multipleOf}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    bad(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    bad(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
}

function stringLimits(value: string, schema: ValueSchema, field: string, bad: Bad): FieldError[] {
  const length = [...value].length;
  const { maxLength, minLength, pattern } = schema;
  if (maxLength !== undefined && length > maxLength)
    return [{ type: 'FieldValueTooLong', field, detail: `may not be more than ${maxLength} bytes` }];
  if (minLength !== undefined && length < minLength) bad(`should be at least ${minLength} chars long`);
  else if (pattern !== undefined && !matches(pattern, value)) bad(`should match '${pattern}'`);
  return [];
}

function matches(pattern: string, text: string): boolean {
  const compiled = goRegExp(pattern);
  return typeof compiled !== 'string' && compiled.test(text);
}

function listLimits(value: Json[], schema: ValueSchema, field: string, bad: Bad): FieldError[] {
  const { maxItems, minItems } = schema;
  if (minItems !== undefined && value.length < minItems) bad(`should have at least ${minItems} items`, value.length);
  if (maxItems === undefined || value.length <= maxItems) return [];
  return [{ type: 'FieldValueTooMany', field, detail: `${value.length}: must have at most ${maxItems} items` }];
}

function mapLimits(value: Json, schema: ValueSchema, field: string, bad: Bad): FieldError[] {
  const count = Object.keys(value).length;
  const { maxProperties, minProperties } = schema;
  if (minProperties !== undefined && count < minProperties)
    bad(`should have at least ${minProperties} properties`, count);
  if (maxProperties === undefined || count <= maxProperties) return [];
  return [{ type: 'FieldValueTooMany', field, detail: `${count}: must have at most ${maxProperties} items` }];
}

function combined(value: Json, schema: ValueSchema, path: string): FieldError[] {
  const out: FieldError[] = [];
  const none = (text: string): void => {
    out.push({ type: 'FieldValueInvalid', field: '<nil>', value: '', detail: `"${path}" ${text}` });
  };
  const results = (all: ValueSchema[] | undefined): FieldError[][] =>
    (all ?? []).map((one) => validateValue(value, one, path));
  const best = (all: FieldError[][]): FieldError[] => [...all].sort((a, b) => a.length - b.length)[0] ?? [];
  if (schema.allOf) {
    const failed = results(schema.allOf).filter((errors) => errors.length > 0);
    if (failed.length > 0) none('must validate all the schemas (allOf)');
    out.push(...failed.flat());
  }
  if (schema.anyOf) {
    const all = results(schema.anyOf);
    if (!all.some((errors) => errors.length === 0)) {
      none('must validate at least one schema (anyOf)');
      out.push(...best(all));
    }
  }
  if (schema.oneOf) {
    const all = results(schema.oneOf);
    const fitting = all.filter((errors) => errors.length === 0).length;
    const found = fitting === 0 ? 'none valid' : `${fitting} valid alternatives`;
    if (fitting !== 1) none(`must validate one and only one schema (oneOf). Found ${found}`);
    if (fitting === 0) out.push(...best(all));
  }
  if (schema.not && validateValue(value, schema.not, path).length === 0) none('must not validate the schema (not)');
  return out;
}

/** Repeated members of lists that are sets, or maps by some keys. */
export function duplicates(value: Json, schema: ValueSchema | undefined, path = ''): FieldError[] {
  if (value === null || typeof value !== 'object') return [];
  if (!Array.isArray(value))
    return Object.keys(value)
      .sort()
      .flatMap((name) => duplicates(value[name], fieldSchema(schema, name), path === '' ? name : `${path}.${name}`));
  const type = schema?.['x-kubernetes-list-type'];
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return value.flatMap((item, i): FieldError[] => {
    const inner = duplicates(item, schema?.items, `${path}[${i}]`);
    if (type !== 'set' && type !== 'map') return inner;
    const shown = type === 'set' ? item : Object.fromEntries(keys.map((key) => [key, item?.[key]]));
    const text = JSON.stringify(shown);
    if (seen.has(text)) inner.push({ type: 'FieldValueDuplicate', field: `${path}[${i}]`, value: shown });
    seen.add(text);
    return inner;
  });
}
