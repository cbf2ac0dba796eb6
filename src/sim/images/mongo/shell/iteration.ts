import type { Task } from '../../../process/task.ts';

/** Array methods that call back into the script. */
export const ITERATION = new Set(['forEach', 'map', 'filter', 'find', 'some', 'every', 'reduce', 'sort']);

/** Runs such a method; `apply` calls the callback. */
export function* iterate(
  list: unknown[],
  method: string,
  hasCallback: boolean,
  initial: unknown,
  apply: (args: unknown[]) => Task<unknown>,
): Task<unknown> {
  const call = (item: unknown, i: number): Task<unknown> => apply([item, i, list]);
  const out: unknown[] = [];
  if (method === 'reduce') {
    let total = initial;
    for (const [i, item] of list.entries()) {
      total = i === 0 && initial === undefined ? item : yield* apply([total, item, i, list]);
    }
    return total;
  }
  if (method === 'sort') {
    if (!hasCallback) return list.sort();
    for (let i = 1; i < list.length; i++) {
      for (let j = i; j > 0 && Number(yield* apply([list[j - 1], list[j]])) > 0; j--) {
        [list[j - 1], list[j]] = [list[j], list[j - 1]];
      }
    }
    return list;
  }
  for (const [i, item] of list.entries()) {
    const value = yield* call(item, i);
    if (method === 'map') out.push(value);
    else if (method === 'filter' && value) out.push(item);
    else if (method === 'find' && value) return item;
    else if (method === 'some' && value) return true;
    else if (method === 'every' && !value) return false;
  }
  if (method === 'some') return false;
  if (method === 'every') return true;
  return method === 'map' || method === 'filter' ? out : undefined;
}
