import type { Json } from '../../../kube/object.ts';
import type { Schema } from '../facts.ts';

const ENVELOPE = new Set(['apiVersion', 'kind', 'metadata']);

/** Takes away what a structural schema does not name, in place, and tells the paths of what it took. */
export function prune(value: Json, schema: Schema, path = ''): string[] {
  const unknown: string[] = [];
  walk(value, schema, path, path === '', unknown);
  return unknown;
}

function walk(value: Json, schema: Schema | undefined, path: string, isRoot: boolean, unknown: string[]): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) walk(item, schema?.items, `${path}[${i}]`, false, unknown);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  const keepsAll = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  const isObject = isRoot || schema?.['x-kubernetes-embedded-resource'] === true;
  const each: Schema | boolean | undefined = schema?.additionalProperties;
  for (const key of Object.keys(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    const field =
      schema?.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (isObject && ENVELOPE.has(key)) continue;
    if (field) walk(value[key], field, here, false, unknown);
    else if (typeof each === 'object') walk(value[key], each, here, false, unknown);
    else if (!keepsAll && each !== true) {
      unknown.push(here);
      delete value[key];
    }
  }
}
