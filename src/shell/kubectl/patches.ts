import { isDeepStrictEqual } from 'node:util';
import { isMap, type Json } from '../../kube/object.ts';
import { KubectlError } from './errors.ts';
import { fieldOf } from './three-way.ts';

/** A strategic merge patch on a value of the API's type; without a type it works as a JSON merge patch. */
export function strategicMerge(value: Json, patch: Json, type: string | undefined): Json {
  if (!isMap(patch)) return patch;
  const { $patch, $retainKeys: _, ...fields } = patch;
  if ($patch === 'replace') return fields;
  const out: Json = isMap(value) ? { ...value } : {};
  for (const [key, item] of Object.entries(fields) as [string, Json][]) {
    if (key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const name = key.slice(key.indexOf('/') + 1);
      out[name] = (out[name] ?? []).filter((one: Json) => !item.includes(one));
      continue;
    }
    const field = fieldOf(type, key);
    if (item === null || item?.$patch === 'delete') delete out[key];
    else if (Array.isArray(item) && Array.isArray(out[key]) && field.mergeKey)
      out[key] = mergedList(out[key], item, field.mergeKey, field.items);
    else if (isMap(item)) out[key] = strategicMerge(out[key], item, field.ref ?? type);
    else out[key] = item;
  }
  return out;
}

function mergedList(list: Json[], patch: Json[], mergeKey: string, type: string | undefined): Json[] {
  if (patch.some((item) => item?.$patch === 'replace')) return patch.filter((item) => item?.$patch !== 'replace');
  const id = (item: Json): Json => item?.[mergeKey];
  const place = (item: Json): number => list.findIndex((one) => id(one) === id(item));
  const gone = patch.filter((item) => item.$patch === 'delete').map(id);
  const out = patch
    .filter((item) => item.$patch !== 'delete')
    .map((item) => (place(item) < 0 ? item : strategicMerge(list[place(item)], item, type)));
  // what the patch does not name goes before the first named item that stood behind it
  let from = 0;
  for (const item of list.filter((one) => !gone.includes(id(one)) && !patch.some((named) => id(named) === id(one)))) {
    while (from < out.length && !(place(out[from]) > place(item))) from++;
    out.splice(from++, 0, item);
  }
  return out;
}

/** A JSON patch (RFC 6902) on a copy of the value. */
export function jsonPatch(value: Json, operations: Json[]): Json {
  let root = structuredClone(value);
  for (const { op, path, from, value: item } of operations) {
    if (op === 'test') {
      if (!isDeepStrictEqual(at(root, path), item)) throw new KubectlError(`testing path ${path} failed`);
      continue;
    }
    const moved = op === 'move' || op === 'copy' ? structuredClone(at(root, from)) : item;
    if (op === 'move') root = put(root, from, undefined, 'remove');
    root = put(root, path, moved, op);
  }
  return root;
}

const tokens = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

const at = (root: Json, path: string): Json => tokens(path).reduce((value: Json, token) => value?.[token], root);

function put(root: Json, path: string, item: Json, op: string): Json {
  const keys = tokens(path);
  const last = keys.pop();
  if (last === undefined) return item;
  const parent = keys.reduce((value: Json, token) => value?.[token], root);
  if (parent === null || typeof parent !== 'object')
    throw new KubectlError(
      `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`,
    );
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (op === 'remove') parent.splice(index, 1);
    else if (op === 'replace') parent[index] = item;
    else parent.splice(index, 0, item);
  } else if (op === 'remove') {
    if (!Object.hasOwn(parent, last))
      throw new KubectlError(`remove operation does not apply: doc is missing key: ${path}: missing value`);
    delete parent[last];
  } else parent[last] = item;
  return root;
}
