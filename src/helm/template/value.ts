import { byteLength, bytesOf } from '../../core/bytes.ts';

/**
 * Go values as templates see them. A nil interface read from a map is `null`; Go's invalid reflect.Value (what an
 * untyped nil becomes once it went through a pipeline) is `undefined`: text/template treats the two differently.
 */
export type Value =
  | undefined
  | null
  | string
  | boolean
  /** float64: every number that comes from YAML or JSON. */
  | number
  /** int: template literals. */
  | bigint
  | Int64
  | GoMap
  | Value[]
  | GoObject
  | GoFunction;

/** int64: results of sprig's arithmetic and numbers of `--set`; other integer types by their name. */
export class Int64 {
  constructor(
    readonly value: bigint,
    readonly goType = 'int64',
  ) {}
}

/** Types of lists that are not `[]interface {}`, and nil slices, which JSON writes as null. */
const listTypes = new WeakMap<Value[], string>();
const nilLists = new WeakSet<Value[]>();

/** Marks a list as one of a Go type such as `[]string`. */
export function typedList(goType: string, items: Value[], isNil = false): Value[] {
  listTypes.set(items, goType);
  if (isNil) nilLists.add(items);
  return items;
}

/** A nil map: nothing in it, and null in JSON. */
const nilMaps = new WeakSet<GoMap>();

export function nilMap(): GoMap {
  const map = new GoMap();
  nilMaps.add(map);
  return map;
}

export function isNilMap(map: GoMap): boolean {
  return map.size === 0 && nilMaps.has(map);
}

export function isNilList(list: Value[]): boolean {
  return nilLists.has(list);
}

/** `map[string]interface {}`; printed and ranged in key order, as Go does. `typeName` is what `typeOf` says. */
export class GoMap extends Map<string, Value> {
  typeName = 'map[string]interface {}';
}

/** A Go struct with methods, such as `.Files`: fields by name, methods by name. */
export abstract class GoObject {
  abstract readonly typeName: string;
  /** How many items a list, map or byte slice has; undefined for structs. */
  readonly length: number | undefined = undefined;
  /** Kind that reflect reports. */
  readonly kind: string = 'struct';
  field(_name: string): { value: Value } | undefined {
    return undefined;
  }
  method(_name: string): GoFunction | undefined {
    return undefined;
  }
  /** What encoding/json makes of it: plain values. */
  toJson(): unknown {
    return {};
  }
  /** Keys and values of a map type, sorted; undefined for structs. */
  entries(): [string, Value][] | undefined {
    return undefined;
  }
  /** fmt's %v. */
  abstract print(): string;
}

/** Parameter types of a function, as they appear in error texts. */
export type ParamType = 'any' | 'string' | 'int' | 'bool' | 'map' | 'list' | 'float64' | 'time' | 'value';

/** `[]byte`: prints as numbers, counts bytes. */
export class GoBytes extends GoObject {
  readonly typeName = '[]uint8';
  override readonly kind = 'slice';
  override readonly length: number;
  constructor(readonly text: string) {
    super();
    this.length = byteLength(text);
  }
  override toJson(): string {
    return bytesOf(this.text).toString('base64');
  }
  print(): string {
    return `[${[...bytesOf(this.text)].join(' ')}]`;
  }
}

/** A function that templates call. Throws {@link FunctionError} for Go errors. */
export interface GoFunction {
  params: ParamType[];
  /** Type of the variadic tail, if any. */
  rest?: ParamType;
  call(args: Value[]): Value;
}

/** An error value that a template function returned. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}

export function isFunction(value: unknown): value is GoFunction {
  return typeof value === 'object' && value !== null && 'call' in value && 'params' in value;
}

export function isInt(value: Value): value is bigint | Int64 {
  return typeof value === 'bigint' || value instanceof Int64;
}

export function intOf(value: bigint | Int64): bigint {
  return typeof value === 'bigint' ? value : value.value;
}

/** reflect's Type.String(). */
export function typeOf(value: Value): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'bigint') return 'int';
  if (value instanceof Int64) return value.goType;
  if (value instanceof GoMap) return value.typeName;
  if (Array.isArray(value)) return listTypes.get(value) ?? '[]interface {}';
  if (value instanceof GoObject) return value.typeName;
  return 'func(...interface {}) interface {}';
}

/** reflect's Kind.String(). */
export function kindOf(value: Value): string {
  if (value === undefined || value === null) return 'invalid';
  if (value instanceof Int64) return value.goType;
  if (value instanceof GoMap) return 'map';
  if (Array.isArray(value)) return 'slice';
  if (value instanceof GoObject) return value.kind;
  if (isFunction(value)) return 'func';
  return typeOf(value);
}

/** text/template's truth: zero values and empty collections are false. */
export function truth(value: Value): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length > 0;
  if (typeof value === 'number') return value !== 0;
  if (isInt(value)) return intOf(value) !== 0n;
  if (value instanceof GoMap) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof GoObject) return value.length === undefined || value.length > 0;
  return true;
}

/** JSON (or parsed YAML) to Go values: numbers become float64. */
export function fromJson(json: unknown): Value {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) return json.map(fromJson);
  if (json instanceof Int64 || json instanceof GoMap || json instanceof GoObject) return json;
  if (typeof json === 'object') {
    const map = new GoMap();
    for (const [key, value] of Object.entries(json)) map.set(key, fromJson(value));
    return map;
  }
  return json as Value;
}

/** Go values to JSON; throws for what encoding/json cannot carry. */
export function toJson(value: Value): unknown {
  if (value === undefined || value === null) return null;
  if (isInt(value)) return Number(intOf(value));
  if (value instanceof GoMap) {
    if (isNilMap(value)) return null;
    const out: Record<string, unknown> = {};
    for (const key of sortedKeys(value)) setOwn(out, key, toJson(value.get(key)));
    return out;
  }
  if (Array.isArray(value)) return isNilList(value) ? null : value.map(toJson);
  if (value instanceof GoObject) return value.toJson();
  if (isFunction(value)) throw new FunctionError('json: unsupported type: func');
  return value;
}

/** Plain assignment would treat `__proto__` as something else than a key. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Keys in Go's byte order. */
export function sortedKeys(map: GoMap): string[] {
  return [...map.keys()].sort(compareStrings);
}

/** Go compares strings by their UTF-8 bytes, which orders as code points do. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 order differs from code point order only where surrogates meet the characters above them
  for (let i = 0; ; ) {
    const x = a.codePointAt(i);
    const y = b.codePointAt(i);
    if (x === undefined) return y === undefined ? 0 : -1;
    if (y === undefined) return 1;
    if (x !== y) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
}

export function deepEqual(a: Value, b: Value): boolean {
  if (a === undefined || a === null) return b === undefined || b === null;
  if (isInt(a)) return isInt(b) && typeOf(a) === typeOf(b) && intOf(a) === intOf(b);
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b);
  if (a instanceof GoMap) {
    if (!(b instanceof GoMap) || a.size !== b.size) return false;
    for (const [key, value] of a) if (!b.has(key) || !deepEqual(value, b.get(key))) return false;
    return true;
  }
  return a === b;
}

function sameList(a: Value[], b: Value[]): boolean {
  if (typeOf(a) !== typeOf(b) || isNilList(a) !== isNilList(b) || a.length !== b.length) return false;
  return a.every((item, i) => deepEqual(item, b[i]));
}

export function deepCopy(value: Value): Value {
  if (Array.isArray(value)) return typedList(typeOf(value), value.map(deepCopy), isNilList(value));
  if (value instanceof GoMap) {
    const out = new GoMap();
    out.typeName = value.typeName;
    for (const [key, item] of value) out.set(key, deepCopy(item));
    return out;
  }
  return value;
}
