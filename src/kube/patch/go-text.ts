import { isMap, type Json } from '../object.ts';

/** Go's %T of decoded JSON. */
export function goType(value: Json): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's %v of decoded JSON. */
export function goValue(value: Json): string {
  return print(value, (one) => (one === null || one === undefined ? '<nil>' : String(one)));
}

/** Go's %s of decoded JSON: what is no string says its type. */
export function goString(value: Json): string {
  return print(value, (one) => {
    if (typeof one === 'string') return one;
    return one === null || one === undefined ? '%!s(<nil>)' : `%!s(${goType(one)}=${one})`;
  });
}

function print(value: Json, scalar: (value: Json) => string): string {
  if (Array.isArray(value)) return `[${value.map((one) => print(one, scalar)).join(' ')}]`;
  if (!isMap(value)) return scalar(value);
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${key}:${print(value[key], scalar)}`);
  return `map[${parts.join(' ')}]`;
}
