import { isMap, type Json } from '../object.ts';
import { PatchError } from './error.ts';
import { goType, goValue } from './go-text.ts';

/** What strategic patches say beside values. */
export const DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_PRIMITIVES = '$deleteFromPrimitiveList';
export const ELEMENT_ORDER = '$setElementOrder';

export const BAD_ORDER = 'invalid patch format of setElementOrder list';

const BAD_FORMAT: Record<string, string> = {
  [DELETE_PRIMITIVES]: 'invalid patch format of primitive list',
  [ELEMENT_ORDER]: BAD_ORDER,
};

/** The field that a directive of the form `$prefix/field` is about. */
export function fieldOfDirective(key: string, prefix: string): string {
  if (!key.startsWith(`${prefix}/`)) throw new PatchError(BAD_FORMAT[prefix] ?? '', 'format');
  return key.slice(prefix.length + 1);
}

export const hasDirective = (value: Json): boolean => isMap(value) && Object.hasOwn(value, DIRECTIVE);

export const isDeletion = (value: Json): boolean => hasDirective(value) && value[DIRECTIVE] === 'delete';

/** Parts that carry a directive vanish, whatever it says; undefined when that is the whole. */
export function withoutDirectives(value: Json): Json {
  if (hasDirective(value)) return undefined;
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((part) => part !== undefined);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, withoutDirectives(part)])
      .filter(([, part]) => part !== undefined),
  );
}

export function asMap(value: Json): Record<string, Json> {
  if (isMap(value)) return value;
  throw wrongType('map[string]interface {}', value);
}

export function asList(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  throw wrongType('[]interface {}', value);
}

function wrongType(expected: string, value: Json): PatchError {
  const found = value === null || value === undefined ? '%!s(<nil>)' : goType(value);
  return new PatchError(`expected a ${expected}, but received a ${found}`);
}

/** The value of an item's merge key. */
export function keyOf(item: Json, key: string): Json {
  const map = asMap(item);
  if (Object.hasOwn(map, key)) return map[key];
  throw new PatchError(`map: ${goValue(item)} does not contain declared merge key: ${key}`);
}
