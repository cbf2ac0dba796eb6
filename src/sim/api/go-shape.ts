import { InternalError } from '../../core/errors.ts';
import { own } from '../../core/own.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import { canonicalQuantity, QuantityError } from '../../kube/quantity.ts';
import { ApiError } from '../../kube/status.ts';
import goNames from './go-names.data.json' with { type: 'json' };
import goTypes from './go-types.data.json' with { type: 'json' };

/**
 * Field shapes of the Go types (k8s.io/api v0.35.4, from the JSON tags): per field `[*][l|d]…<leaf>[!|~]`, where `*` is a pointer,
 * `l` a list, `d` a map; leaves are s string, b bool, n number, y bytes, q Quantity, i IntOrString, t Time, m MicroTime, x raw,
 * `@type` a struct; `!` means no omitempty, `~` omitzero. They decide what the server stores and prints: zero values vanish, empty
 * structs stay (`resources: {}`), nil lists without omitempty are `null`.
 */
const types = goTypes as Record<string, Record<string, string>>;

/** Type of a schema name or protobuf message: `apps.v1.DeploymentSpec` of `k8s.io.api.apps.v1.DeploymentSpec`. */
function shapeOf(name: string): Record<string, string> | undefined {
  const known = shapes.get(name);
  if (known || name === '') return known;
  const shape = own(types, name.split('.').slice(-3).join('.'));
  // Names are those of schemas and messages; a custom resource's could go on without end.
  if (shape) shapes.set(name, shape);
  return shape;
}

const shapes = new Map<string, Record<string, string>>();

/** How Go's decoder names a field: the embedded structs that lead to it, and its type where that has a name (k8s.io/api v0.35.4). */
export interface GoField {
  in?: string;
  type?: string;
}

const names = goNames as Record<string, Record<string, GoField>>;

/** Undefined where both follow from the schema. */
export function goFieldOf(typeName: string, field: string): GoField | undefined {
  if (typeName === '') return undefined;
  const known = own(names, typeName.split('.').slice(-3).join('.'));
  return known && own(known, field);
}

/** Whether a false, 0 or '' of this field is kept when the object is read in: behind a pointer, or printed always. */
export function keepsZero(typeName: string, field: string): boolean {
  const shape = own(shapeOf(typeName), field);
  return shape !== undefined && (shape.startsWith('*') || shape.endsWith('!'));
}

const ZERO: Record<string, Json> = { s: '', n: 0, b: false };

/**
 * What a new object holds in this field before anybody sets it: plain structs and lists that are printed when nil (both as `{}`),
 * scalars that are printed always; undefined otherwise. Nobody comes to own such a field by leaving it so.
 */
export function valueWhenNew(typeName: string, field: string): Json | undefined {
  const shape = own(shapeOf(typeName), field);
  if (shape === undefined || shape.endsWith('~')) return undefined;
  const isAlways = shape.endsWith('!');
  if (shape.startsWith('@') || (shape.startsWith('l') && isAlways)) return {};
  return isAlways ? ZERO[shape.charAt(0)] : undefined;
}

/** Type name of a kind: `apps.v1.Deployment` of `apps/v1 Deployment`. Undefined for kinds without a shape. */
export function goTypeOf(group: string, version: string, kind: string): string | undefined {
  const name = `${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`;
  return Object.hasOwn(types, name) ? name : undefined;
}

/** Brings a decoded object into the form that the server would store, in place. Throws a 400 for malformed quantities. */
export function roundTrip(object: KubeObject, type: string): void {
  try {
    shapeStruct(object, type);
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
    const slash = object.apiVersion.indexOf('/');
    const version = object.apiVersion.slice(slash + 1);
    throw new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${object.kind}: ${error.message}`,
      reason: 'BadRequest',
      code: 400,
    });
  }
}

/** A field of a struct with its shape taken apart. */
interface Field {
  name: string;
  /** Without the flag. */
  shape: string;
  always: boolean;
  omitZero: boolean;
  /** Whether Go prints something for the field when it is not set. */
  hasZero: boolean;
}

const fieldsByType = new Map<string, readonly Field[]>();

function fieldsOf(type: string): readonly Field[] {
  const known = fieldsByType.get(type);
  if (known) return known;
  const shapes = types[type];
  if (!shapes) throw new InternalError(`no Go shape of ${type}`);
  const fields = Object.entries(shapes).map(([name, flagged]): Field => {
    const always = flagged.endsWith('!');
    const omitZero = flagged.endsWith('~');
    const shape = always || omitZero ? flagged.slice(0, -1) : flagged;
    return { name, shape, always, omitZero, hasZero: zeroOf(shape, always, omitZero) !== undefined };
  });
  fieldsByType.set(type, fields);
  return fields;
}

function shapeStruct(value: Record<string, Json>, type: string): void {
  for (const { name, shape, always, omitZero, hasZero } of fieldsOf(type)) {
    const given = value[name];
    if (given === undefined && !hasZero) {
      if (name in value) delete value[name];
      continue;
    }
    const next = shapeValue(given, shape);
    if (next === undefined) {
      if (hasZero) value[name] = zeroOf(shape, always, omitZero);
      else delete value[name];
    } else if (isZero(next, shape) && !always) delete value[name];
    else if (next !== given) value[name] = next;
  }
}

/** The value in stored form; undefined when absent or null. */
function shapeValue(value: Json, shape: string): Json {
  if (value === undefined || value === null) return undefined;
  const rest = shape.slice(1);
  switch (shape[0]) {
    case '*':
      return shapeValue(value, rest);
    case 'l':
      if (!Array.isArray(value)) return value;
      return value.map((item) => shapeValue(item, rest) ?? zeroOf(rest, true, false) ?? item);
    case 'd': {
      if (typeof value !== 'object') return value;
      const out: Record<string, Json> = {};
      for (const key in value) {
        const item =
          rest === 'q' && value[key] !== null ? canonicalQuantity(value[key], true) : shapeValue(value[key], rest);
        out[key] = item ?? zeroOf(rest, true, false) ?? null;
      }
      return out;
    }
    case '@':
      if (typeof value === 'object') shapeStruct(value, rest);
      return value;
    case 'q':
      return canonicalQuantity(value);
    default:
      return value;
  }
}

/** What Go prints for a field that is not set; undefined when it prints nothing. */
function zeroOf(shape: string, always: boolean, omitZero: boolean): Json {
  const kind = shape[0];
  if (kind === '@') {
    if (omitZero) return undefined;
    const empty = {};
    shapeStruct(empty, shape.slice(1));
    return empty;
  }
  if (omitZero) return undefined;
  if (kind === 't' || kind === 'm') return null;
  if (kind === 'q') return '0';
  if (kind === 'i') return 0;
  if (!always) return undefined;
  if (kind === 's') return '';
  if (kind === 'n') return 0;
  if (kind === 'b') return false;
  return null;
}

/** Whether omitempty drops the value. Pointers, structs and times are never empty. */
function isZero(value: Json, shape: string): boolean {
  switch (shape[0]) {
    case 's':
    case 'y':
      return value === '';
    case 'n':
      return value === 0;
    case 'b':
      return value === false;
    case 'l':
      return Array.isArray(value) && value.length === 0;
    case 'd':
      return typeof value === 'object' && Object.keys(value).length === 0;
    default:
      return false;
  }
}
