import specRecords from 'json-patch-test-suite/spec_tests.json' with { type: 'json' };
import records from 'json-patch-test-suite/tests.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { applyJsonPatch, jsonPatchOperations } from '../../../src/kube/patch/json.ts';
import { applyMergePatch } from '../../../src/kube/patch/merge.ts';
import { applyStrategicPatch } from '../../../src/kube/patch/strategic.ts';

interface PatchRecord {
  comment?: string;
  doc: Json;
  patch: Json;
  expected?: Json;
  error?: string;
  disabled?: boolean;
}

/**
 * Where Kubernetes' library does not do as RFC 6902 says; it decides. The key is the record's document and patch as text, the value what comes of it.
 */
const KUBERNETES: Record<string, { expected?: Json; error?: string }> = {
  // The whole document can only be replaced.
  '{} [{"op":"add","path":"","value":[]}]': {
    error: 'add operation does not apply: doc is missing path: "": missing value',
  },
  '[] [{"op":"add","path":"","value":{}}]': {
    error: 'add operation does not apply: doc is missing path: "": missing value',
  },
  '{"foo":"bar"} [{"op":"add","path":"","value":{"baz":"qux"}}]': {
    error: 'add operation does not apply: doc is missing path: "": missing value',
  },
  // Negative indices count from the end.
  '{"bar":[1,2]} [{"op":"add","path":"/bar/-1","value":"5"}]': { expected: { bar: [1, 2, '5'] } },
  // A value that is not given is null.
  '[1] [{"op":"add","path":"/-"}]': { expected: [1, null] },
  '[1] [{"op":"replace","path":"/0"}]': { expected: [null] },
  '[null] [{"op":"test","path":"/0"}]': { expected: [null] },
  // Leading zeros are read over.
  '["foo","bar"] [{"op":"test","path":"/00","value":"foo"}]': { expected: ['foo', 'bar'] },
  '["foo","bar"] [{"op":"test","path":"/01","value":"bar"}]': { expected: ['foo', 'bar'] },
};

const outcome = (action: () => Json): { expected?: Json; error?: string } => {
  try {
    return { expected: action() };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

describe.each([
  ['tests.json', records as PatchRecord[]],
  ['spec_tests.json', specRecords as PatchRecord[]],
])('JSON patch, public suite %s', (_, all) => {
  const enabled = all.filter((record) => !record.disabled && record.patch !== undefined);
  it.each(enabled.map((record, at) => [`${at} ${record.comment ?? JSON.stringify(record.patch)}`, record] as const))(
    '%s',
    (_name, { doc, patch, expected, error }) => {
      const had = JSON.stringify(doc);
      const { expected: made, error: said } = outcome(() => applyJsonPatch(doc, jsonPatchOperations(patch, '', '')));
      expect(JSON.stringify(doc)).toBe(had);
      const ruled =
        KUBERNETES[`${JSON.stringify(doc)} ${JSON.stringify(patch)}`] ??
        (error === undefined ? { expected: expected ?? doc } : { error: said ?? 'an error' });
      expect({ expected: made, error: said }).toEqual({ expected: undefined, error: undefined, ...ruled });
    },
  );
});

describe('JSON merge patch, the table of RFC 7396', () => {
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j', (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected);
  });

  // In the table a scalar takes the document's place; to Kubernetes' library it is no patch.
  it.each([[null], ['bar']])('refuses %j', (patch) => {
    expect(() => applyMergePatch({ a: 'foo' }, patch)).toThrow('Invalid JSON Patch');
  });

  it('drops nulls inside of a list that is new, not of one that is taken over an object', () => {
    expect(applyMergePatch({}, { a: [{ b: null }, null] })).toEqual({ a: [{}, null] });
    expect(applyMergePatch({ a: {} }, { a: [{ b: null }] })).toEqual({ a: [{ b: null }] });
  });
});

describe('strategic merge patch', () => {
  const pod = { ref: 'api.core.v1.Pod' };
  it('orders appended items as if they had been live where items were deleted', () => {
    const target = { metadata: { ownerReferences: [{ uid: 'a' }, { uid: 'c' }, { uid: 'd' }] } };
    const change = { ownerReferences: [{ uid: 'b' }, { uid: 'a', $patch: 'delete' }] };
    const patch = { metadata: { ...change, '$setElementOrder/ownerReferences': [{ uid: 'b' }] } };
    const uids = applyStrategicPatch(target, patch, pod).metadata.ownerReferences.map((one: Json) => one.uid);
    expect(uids).toEqual(['c', 'd', 'b']);
  });
  it('passes over directives that an order does not name, and drops them from a new list', () => {
    const patch = {
      spec: {
        imagePullSecrets: [{ name: 'b' }, { name: 'a', $patch: 'merge' }],
        '$setElementOrder/imagePullSecrets': [{ name: 'b' }, { name: 'c' }],
      },
    };
    expect(applyStrategicPatch({ spec: {} }, patch, pod)).toEqual({ spec: { imagePullSecrets: [{ name: 'b' }] } });
  });
  it('refuses an order of a list whose items cannot be told apart', () => {
    const patch = { status: { conditions: ['a'], '$setElementOrder/conditions': [] } };
    expect(() => applyStrategicPatch({ status: {} }, patch, pod)).toThrow(
      'expected a map[string]interface {}, but received a string',
    );
  });
  it('does not look for merge keys in maps', () => {
    const request = { ref: 'api.certificates.v1.CertificateSigningRequest' };
    expect(() =>
      applyStrategicPatch({ spec: { extra: { a: ['1'] } } }, { spec: { extra: { a: ['2'] } } }, request),
    ).toThrow('merging an object in json but data type is not struct, instead is: map');
  });
});
