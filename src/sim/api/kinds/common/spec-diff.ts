import type { Json } from '../../../../kube/object.ts';

const CONTEXT = 3;

/**
 * The difference that the server appends to "may not change fields other than …": a unified diff of both values as JSON with
 * one blank of indentation and Go's field names. Fields that are unset are not listed, so line numbers are smaller than upstream's.
 */
export function specDiff(before: Json, after: Json): string {
  const a = lines(before);
  const b = lines(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const from = Math.max(0, start - CONTEXT);
  const toA = Math.min(a.length, endA + CONTEXT);
  const toB = Math.min(b.length, endB + CONTEXT);
  const body = [
    ...a.slice(from, start).map((line) => ` ${line}`),
    ...a.slice(start, endA).map((line) => `-${line}`),
    ...b.slice(start, endB).map((line) => `+${line}`),
    ...a.slice(endA, toA).map((line) => ` ${line}`),
  ];
  return `@@ -${from + 1},${toA - from} +${from + 1},${toB - from} @@\n${body.join('\n')}\n`;
}

function lines(value: Json): string[] {
  return JSON.stringify(goNames(value), undefined, 1).split('\n');
}

/** Field names in Go's case; keys of free maps (labels) come out capitalised too, which upstream does not do. */
function goNames(value: Json): Json {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.charAt(0).toUpperCase() + key.slice(1), goNames(item)]),
  );
}
