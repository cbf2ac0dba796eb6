import type { Json } from '../../../kube/object.ts';
import { deepEqual } from '../managed/typed.ts';

/**
 * Orders a merged list as strategic merge does: items that `order` names stand in its order, the others in that of the live list, and both are
 * woven by the place that they had in the live list.
 */
export function inOrder(merged: Json[], order: Json[], live: Json[], key: string): Json[] {
  const id = (item: Json): Json => (key === '' ? item : item?.[key]);
  const place = (list: Json[], item: Json): number => list.findIndex((one) => deepEqual(id(one), id(item)));
  const named = sorted(
    merged.filter((item) => place(order, item) >= 0),
    (item) => place(order, item),
  );
  const others = sorted(
    merged.filter((item) => place(order, item) < 0),
    (item) => place(live, item),
  );
  const out: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < others.length && j < named.length) {
    const left = place(live, others[i]);
    const right = place(live, named[j]);
    if (left >= 0 && right >= 0 && left < right) out.push(others[i++]);
    else out.push(named[j++]);
  }
  return [...out, ...others.slice(i), ...named.slice(j)];
}

/** Insertion sort in which an item without a place counts as less than all before it: upstream's comparison is no order, so its steps matter. */
function sorted(items: Json[], place: (item: Json) => number): Json[] {
  const out = items.map((item) => ({ item, at: place(item) }));
  const less = (a: { at: number }, b: { at: number }) => a.at < 0 || b.at < 0 || a.at < b.at;
  for (let i = 1; i < out.length; i++) {
    for (let j = i; j > 0; j--) {
      const [left, right] = [out[j - 1], out[j]];
      if (!left || !right || !less(right, left)) break;
      out[j - 1] = right;
      out[j] = left;
    }
  }
  return out.map(({ item }) => item);
}
