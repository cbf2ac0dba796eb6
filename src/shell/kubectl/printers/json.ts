import type { Json } from '../../../kube/object.ts';

/** Object keys as Go sorts them (by bytes). */
export function sortedKeys(value: Record<string, unknown>): string[] {
  return Object.keys(value).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Go's encoding of a string, with HTML escaping. */
function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON with keys in the order of `keysOf`, sorted unless said; `indent` spaces per level, compact with 0. */
export function goJson(value: Json, indent = 0, level = 0, keysOf: (value: Json) => string[] = sortedKeys): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return goString(value);
  if (typeof value !== 'object') return String(value);
  const pad = indent ? `\n${' '.repeat(indent * (level + 1))}` : '';
  const end = indent ? `\n${' '.repeat(indent * level)}` : '';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${value.map((item) => pad + goJson(item, indent, level + 1, keysOf)).join(',')}${end}]`;
  }
  const keys = keysOf(value).filter((key) => value[key] !== undefined);
  if (keys.length === 0) return '{}';
  const colon = indent ? ': ' : ':';
  return `{${keys.map((key) => `${pad}${goString(key)}${colon}${goJson(value[key], indent, level + 1, keysOf)}`).join(',')}${end}}`;
}

/** Go's `%v` of decoded JSON: `map[a:1 b:[x y]]`. */
export function goValue(value: Json): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goValue(value[key])}`)
    .join(' ')}]`;
}
