import type { Json } from '../../../kube/object.ts';

export class Duration {
  constructor(readonly ms: number) {}
}

export class Timestamp {
  constructor(readonly ms: number) {}
}

export class QuantityValue {
  constructor(readonly value: number) {}
}

/** What a type's name stands for in `type(x) == string`. */
export class TypeValue {
  constructor(readonly name: string) {}
}

/** A value that may be missing. */
export class Optional {
  constructor(readonly value?: Value) {}
}

/** What is known by its methods only, e.g. the authorizer of admission. */
export abstract class Opaque {
  abstract readonly typeName: string;
  /** Throws {@link CelError} for methods that it does not have. */
  abstract call(method: string, args: readonly Value[]): Value;
}

/** int is a bigint, double a number. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Duration
  | Timestamp
  | QuantityValue
  | TypeValue
  | Optional
  | Opaque
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** What goes wrong while an expression is evaluated, in cel-go's words. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

/** The part of a structural schema that says how values look to an expression. */
interface Shape {
  type?: string;
  format?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
  additionalProperties?: Shape | boolean;
}

/** A JSON value as expressions see it; whole numbers are ints unless the schema says otherwise. */
export function celValue(json: Json, shape?: Shape): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === 'number') return shape?.type === 'number' || !Number.isInteger(json) ? json : BigInt(json);
  if (typeof json === 'string') return textValue(json, shape?.format);
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item) => celValue(item, shape?.items));
  const each = typeof shape?.additionalProperties === 'object' ? shape.additionalProperties : undefined;
  return new Map(Object.keys(json).map((key) => [key, celValue(json[key], shape?.properties?.[key] ?? each)]));
}

function textValue(text: string, format: string | undefined): Value {
  if (format === 'date-time' || format === 'date') {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? text : new Timestamp(ms);
  }
  if (format === 'duration') return parseDuration(text) ?? text;
  return format === 'byte' ? new Uint8Array(Buffer.from(text, 'base64')) : text;
}

const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };

export function parseDuration(text: string): Duration | undefined {
  if (!/^-?(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g))
    ms += Number(amount) * (UNITS[unit as string] ?? 0);
  return new Duration(text.startsWith('-') ? -ms : ms);
}

export function typeName(value: Value): string {
  if (value === null) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'map';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof QuantityValue) return 'kubernetes.Quantity';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof Opaque) return value.typeName;
  return { bigint: 'int', number: 'double', boolean: 'bool', string: 'string' }[typeof value as string] ?? 'dyn';
}

export function equal(a: Value, b: Value): boolean {
  const numeric = (v: Value): v is number | bigint => typeof v === 'number' || typeof v === 'bigint';
  // biome-ignore lint/suspicious/noDoubleEquals: an int and a double of the same value are equal.
  if (numeric(a) && numeric(b)) return a == b;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key) as Value));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if ((a instanceof Duration && b instanceof Duration) || (a instanceof Timestamp && b instanceof Timestamp))
    return a.ms === b.ms;
  if (a instanceof QuantityValue && b instanceof QuantityValue) return a.value === b.value;
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name;
  if (a instanceof Optional && b instanceof Optional)
    return a.value === undefined || b.value === undefined ? a.value === b.value : equal(a.value, b.value);
  return a === b;
}

/** Below 0, 0 or above; undefined for what has no order. */
export function compare(a: Value, b: Value): number | undefined {
  const numeric = (v: Value): v is number | bigint => typeof v === 'number' || typeof v === 'bigint';
  if (numeric(a) && numeric(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if ((a instanceof Duration && b instanceof Duration) || (a instanceof Timestamp && b instanceof Timestamp))
    return a.ms - b.ms;
  if (a instanceof QuantityValue && b instanceof QuantityValue) return a.value - b.value;
  return undefined;
}
