import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import type { ResourceInfo, Schema } from '../../../src/sim/api/facts.ts';
import {
  builtinResources,
  groupVersion,
  INT_OR_STRING_TYPE,
  MICRO_TIME_TYPE,
  QUANTITY_TYPE,
  resolve,
  TIME_TYPE,
} from '../../../src/sim/api/facts.ts';
import { decodeProtobuf } from '../../../src/sim/api/protobuf.ts';
import { encodeProtobuf, encodeWatchEvent } from '../../../src/sim/api/protobuf-encode.ts';

const DEPTH_MAX = 12;

/** A value with every field of its type set; types that hold themselves end after some levels. */
function full(schema: Schema, depth: number, seen: readonly string[] = []): Json {
  if (schema.ref === QUANTITY_TYPE) return '250m';
  if (schema.ref === TIME_TYPE) return '2026-01-15T09:00:00Z';
  if (schema.ref === MICRO_TIME_TYPE) return '2026-01-15T09:00:00.123456Z';
  if (schema.ref === INT_OR_STRING_TYPE) return '50%';
  if (schema.ref?.endsWith('.FieldsV1')) return { 'f:spec': { 'f:a': {} } };
  if (schema.ref?.endsWith('.RawExtension')) return { any: ['thing', 1] };
  if (schema.ref?.endsWith('.JSON')) return 7;
  if (schema.ref?.endsWith('JSONSchemaPropsOrBool')) return true;
  if (schema.ref?.endsWith('JSONSchemaPropsOrArray') || schema.ref?.endsWith('JSONSchemaPropsOrStringArray'))
    return { type: 'string' };
  if (schema.ref && (seen.includes(schema.ref) || depth > DEPTH_MAX)) return undefined;
  const path = schema.ref ? [...seen, schema.ref] : seen;
  const type = resolve(schema);
  switch (type.type) {
    case 'array': {
      const item = full(type.items ?? {}, depth + 1, path);
      return item === undefined ? undefined : [item, item];
    }
    case 'object': {
      if (type.additionalProperties) {
        const item = full(type.additionalProperties, depth + 1, path);
        return item === undefined ? undefined : { a: item, b: item };
      }
      const fields = Object.entries(type.properties ?? {}).map(([name, one]) => [name, full(one, depth + 1, path)]);
      return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    }
    case 'integer':
      return 42;
    case 'number':
      return 1.5;
    case 'boolean':
      return true;
    default:
      return type.format === 'byte' ? 'aGk=' : 'text';
  }
}

function sample(info: ResourceInfo): Json {
  const object = { ...full(info.schema, 0), kind: info.kind, apiVersion: groupVersion(info) };
  // What stands inside a Go type without its own TypeMeta on the wire.
  for (const template of object.spec?.volumeClaimTemplates ?? []) {
    delete template.kind;
    delete template.apiVersion;
  }
  return object;
}

describe('protobuf', () => {
  for (const info of builtinResources())
    it(`carries every field of ${groupVersion(info)} ${info.kind}`, () => {
      const object = sample(info);
      const bytes = encodeProtobuf(object);
      expect(bytes?.subarray(0, 4).toString('latin1')).toBe('k8s\0');
      expect(decodeProtobuf(bytes as Buffer)).toEqual(object);
    });

  it('frames the events of a watch', () => {
    const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } };
    const frame = encodeWatchEvent('ADDED', pod) as Buffer;
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(frame.subarray(4, 11).toString('latin1')).toBe('\n\x05ADDED');
    expect(decodeProtobuf(frame.subarray(frame.indexOf('k8s\0')))).toEqual(pod);
  });

  it('has no form of what is no kind of the API', () => {
    expect(encodeProtobuf({ kind: 'Bar', apiVersion: 'foo.example/v1' })).toBeUndefined();
  });
});
