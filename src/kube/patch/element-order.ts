import { deepEqual, isMap, type Json } from '../object.ts';
import { asMap, hasDirective, isDeletion, keyOf } from './directives.ts';

import { PatchError } from './error.ts';
import { goType, goValue } from './go-text.ts';

/**
 * Orders a merged list as strategic merge does: items that `order` names stand in its order, the others in that of the live list, and both are
 * woven by the place that they had in the live list. `key` is the merge key, empty for lists of scalars; `kind` the Go type of the items.
 */
export function inOrder(merged: Json[], order: Json[], live: Json[], key: string, kind: string): Json[] {
  const isMaps = kind === 'map[string]interface {}';
  const id = (item: Json): Json => (isMaps ? item?.[key] : item);
  const place = (list: Json[], item: Json): number => list.findIndex((one) => deepEqual(id(one), id(item)));
  const { named, others } = partition(merged, order, key);
  if (isMaps) for (const item of [...named, ...order, ...others, ...live]) keyOf(item, key);
  const right = sorted(named, (item) => place(order, item));
  const left = sorted(others, (item) => place(live, item));
  const out: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const [a, b] = [place(live, left[i]), place(live, right[j])];
    if (a >= 0 && b >= 0 && a < b) out.push(left[i++]);
    else out.push(right[j++]);
  }
  return [...out, ...left.slice(i), ...right.slice(j)];
}

function partition(merged: Json[], order: Json[], key: string): { named: Json[]; others: Json[] } {
  const named = merged.map((item) => (key === '' ? isNamed(order, item) : isKeyNamed(order, key, keyOf(item, key))));
  return { named: merged.filter((_, at) => named[at]), others: merged.filter((_, at) => !named[at]) };
}

function isNamed(order: Json[], item: Json): boolean {
  for (const one of [...order, item])
    if (one !== null && typeof one === 'object') throw new PatchError(`hash of unhashable type ${goType(one)}`);
  return order.includes(item);
}

function isKeyNamed(order: Json[], key: string, value: Json): boolean {
  return order.some((one, at) => {
    if (!isMap(one)) throw new PatchError(`value for key ${at} is not a map`);
    return Object.hasOwn(one, key) && deepEqual(one[key], value);
  });
}

/** Insertion sort in which an item without a place counts as less than all before it: upstream's comparison is no order, so its steps matter. */
export function sorted(items: Json[], place: (item: Json) => number): Json[] {
  const out = items.filter((item) => !isDeletion(item)).map((item) => ({ item, at: place(item) }));
  const less = (a: { at: number }, b: { at: number }) => a.at < 0 || b.at < 0 || a.at < b.at;
  for (let i = 1; i < out.length; i++) {
    for (let j = i; j > 0; j--) {
      const [left, right] = [out[j - 1], out[j]];
      if (!left || !right || !less(right, left)) break;
      out[j - 1] = right;
      out[j] = left;
    }
  }
  return [...out.map(({ item }) => item), ...items.filter(isDeletion)];
}

/** The patch's items must appear in the order list, in the same order; deletions have no place, and other directives are passed over. */
export function requireFittingOrder(change: Json[], order: Json[], key: string): void {
  if (change.length === 0 || order.length === 0) return;
  const items = key === '' ? change : change.filter((item) => !isDeletion(asMap(item)));
  const id = (item: Json): Json => (key === '' ? item : keyOf(item, key));
  let at = 0;
  for (const wanted of order) {
    while (hasDirective(items[at])) at++;
    if (at >= items.length) return;
    if (deepEqual(id(items[at]), id(wanted))) at++;
  }
  if (at >= items.length) return;
  throw new PatchError(
    `The order in patch list:\n${goValue(change)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
  );
}
