import { beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { kinds } from '../../../src/sim/api/kinds/index.ts';
import { type ApiServer, createApiServer } from '../../../src/sim/api/server.ts';
import { World } from '../../../src/sim/world.ts';
import { call } from './helpers.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GADGETS = '/apis/h4.example.org/v1/namespaces/default/gadgets';
const UNCHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

const spec: Json = {
  type: 'object',
  required: ['size'],
  'x-kubernetes-validations': [
    { rule: 'self.min <= self.size', message: 'size must be at least min' },
    { rule: '!has(oldSelf.color) || self.color == oldSelf.color', message: 'color is immutable', fieldPath: '.color' },
    { rule: 'self.parts.all(p, p.name.startsWith("p"))', messageExpression: '"bad parts of " + self.color' },
  ],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 100 },
    min: { type: 'integer', default: 1 },
    zero: { type: 'integer' },
    color: { type: 'string', enum: ['red', 'green'], default: 'red' },
    ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
    when: { type: 'string', format: 'date-time' },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string', maxLength: 3 } },
    choice: {
      type: 'object',
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    parts: {
      type: 'array',
      default: [],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', pattern: '^[a-z]+$' }, qty: { type: 'integer', default: 1 } },
      },
    },
  },
};

const definition = (change: (version: Json, spec: Json) => void = () => {}): Json => {
  const version: Json = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'First', type: 'string', jsonPath: '.spec.parts[0].name' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        required: ['spec'],
        properties: {
          spec: structuredClone(spec),
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  };
  const own: Json = {
    group: 'h4.example.org',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget' },
    versions: [version],
  };
  change(version, own);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.h4.example.org' },
    spec: own,
  };
};

let api: ApiServer;
let world: World;
beforeEach(() => {
  world = new World({ seed: 'custom' });
  api = createApiServer({ world, kinds, admission: [] });
});

/** Messages as a 1.35 API server words them, each taken from one. */
const REFUSED: [spec: Json, messages: string[]][] = [
  [{}, ['spec.size: Required value', UNCHECKED]],
  [{ size: 1000, min: 5 }, ['spec.size: Invalid value: 1000: spec.size in body should be less than or equal to 100']],
  [{ size: 1, min: 5 }, ['spec: Invalid value: size must be at least min']],
  [
    { size: 'a' },
    ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"', UNCHECKED],
  ],
  [
    { size: 5.5 },
    ['spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"', UNCHECKED],
  ],
  [{ size: 5, color: 'blue' }, ['spec.color: Unsupported value: "blue": supported values: "red", "green"', UNCHECKED]],
  [{ size: 5, ratio: 0.7 }, ['spec.ratio: Invalid value: 0.7: spec.ratio in body should be a multiple of 0.5']],
  [
    { size: 5, when: 'yesterday' },
    ['spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"', UNCHECKED],
  ],
  [
    { size: 5, port: 1.5 },
    ['spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"', UNCHECKED],
  ],
  [
    { size: 5, labels: { a: 'abcd', b: 'b', c: 'c' } },
    [
      'spec.labels: Too many: 3: must have at most 2 items',
      'spec.labels.a: Too long: may not be more than 3 bytes',
      UNCHECKED,
    ],
  ],
  [
    { size: 5, choice: { a: 'x', b: 'y' } },
    [
      '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  ],
  [{ size: 5, set: ['a', 'b', 'a'] }, ['spec.set[2]: Duplicate value: "a"']],
  [{ size: 5, parts: [{ name: 'pa' }, { name: 'pa' }] }, ['spec.parts[1]: Duplicate value: {"name":"pa"}']],
  [{ size: 5, parts: [{ name: 'xa' }] }, ['spec: Invalid value: bad parts of red']],
];

const gadget = (own: Json): Json => ({
  apiVersion: 'h4.example.org/v1',
  kind: 'Gadget',
  metadata: { name: 'g' },
  spec: own,
});

describe('custom resources', () => {
  beforeEach(() => {
    expect(call(api, 'POST', CRDS, definition()).status).toBe(201);
  });

  for (const [own, messages] of REFUSED)
    it(`refuses ${JSON.stringify(own)}`, () => {
      const { status, body } = call(api, 'POST', GADGETS, gadget(own));
      const listed = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`;
      expect([status, body.message]).toEqual([422, `Gadget.h4.example.org "g" is invalid: ${listed}`]);
    });

  it('defaults, prunes, keeps zeros and free-form parts', () => {
    const sent = gadget({ size: 5, zero: 0, what: 1, free: { x: { y: 0 } }, parts: [{ name: 'pa' }] });
    const { body } = call(api, 'POST', `${GADGETS}?fieldValidation=Ignore`, sent);
    expect(body.spec).toEqual({
      size: 5,
      zero: 0,
      min: 1,
      color: 'red',
      free: { x: { y: 0 } },
      parts: [{ name: 'pa', qty: 1 }],
    });
    const strict = call(api, 'POST', `${GADGETS}?fieldValidation=Strict`, sent);
    expect(strict.body.message).toBe(
      'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.what"',
    );
  });

  it('asks rules about changes', () => {
    call(api, 'POST', GADGETS, gadget({ size: 5 }));
    const type = { 'content-type': 'application/merge-patch+json' };
    const { body } = call(api, 'PATCH', `${GADGETS}/g`, { spec: { color: 'green' } }, type);
    expect(body.message).toBe('Gadget.h4.example.org "g" is invalid: spec.color: Invalid value: color is immutable');
  });

  it('prints columns and selects by fields', () => {
    call(api, 'POST', GADGETS, gadget({ size: 5, parts: [{ name: 'pa' }, { name: 'pb' }] }));
    const status = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    call(api, 'PATCH', `${GADGETS}/g/status`, status, { 'content-type': 'application/merge-patch+json' });
    const table = call(api, 'GET', GADGETS, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.body.rows[0].cells).toEqual(['g', 'pa', 'True']);
    expect(call(api, 'GET', `${GADGETS}?fieldSelector=spec.color%3Dgreen`).body.items).toEqual([]);
    expect(call(api, 'GET', `${GADGETS}?fieldSelector=spec.color%3Dred`).body.items.length).toBe(1);
    expect(call(api, 'GET', `${GADGETS}?fieldSelector=spec.size%3D5`).status).toBe(400);
  });

  it('go with their definition, which waits for their finalizers', () => {
    const held = gadget({ size: 5 });
    held.metadata.finalizers = ['example.org/hold'];
    call(api, 'POST', GADGETS, held);
    expect(call(api, 'DELETE', `${CRDS}/gadgets.h4.example.org`).body.metadata.finalizers).toEqual([
      'customresourcecleanup.apiextensions.k8s.io',
    ]);
    world.advance(5_000);
    expect(call(api, 'GET', `${GADGETS}/g`).body.metadata.deletionTimestamp).toBeDefined();
    call(
      api,
      'PATCH',
      `${GADGETS}/g`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    world.advance(2_000);
    expect(call(api, 'GET', `${CRDS}/gadgets.h4.example.org`).status).toBe(404);
  });
});

const BAD: [name: string, change: (version: Json, spec: Json) => void, message: string][] = [
  [
    'scope',
    (_, own) => (own.scope = 'Foo'),
    'spec.scope: Unsupported value: "Foo": supported values: "Cluster", "Namespaced"',
  ],
  [
    'column',
    (version) => (version.additionalPrinterColumns[0].jsonPath = 'spec.size'),
    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.size": must be a simple json path starting with .',
  ],
  [
    'default',
    (version) => (version.schema.openAPIV3Schema.properties.spec.properties.min.default = 'a'),
    'spec.validation.openAPIV3Schema.properties[spec].properties[min].default: Invalid value: "string":  in body must be of type integer: "string"',
  ],
  [
    'rule',
    (version) => (version.schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'][0].rule = 'self.foo == 1'),
    'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.foo == 1","Message":"size must be at least min","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field \'foo\'\n | self.foo == 1\n | ....^',
  ],
  ['schema', (version) => delete version.schema, 'spec.versions[0].schema.openAPIV3Schema: Required value'],
];

describe('definitions', () => {
  for (const [name, change, message] of BAD)
    it(`refuses a bad ${name}`, () => {
      const { body } = call(api, 'POST', CRDS, definition(change));
      expect(body.message).toBe(
        `CustomResourceDefinition.apiextensions.k8s.io "gadgets.h4.example.org" is invalid: ${message}`,
      );
    });
});
