import type { Json } from '../../../kube/object.ts';
import { clone } from '../../../kube/object.ts';
import { badRequest, rejectedPatch } from '../errors.ts';
import { deepEqual } from '../managed/typed.ts';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

const OPERATIONS_MAX = 10_000;

/** RFC 6902 on a copy. A path that does not fit is the bare 422 that upstream answers. */
export function applyJsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (patch.length > OPERATIONS_MAX) {
    throw badRequest(`The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${patch.length}`);
  }
  let out = clone(target);
  for (const operation of patch as Operation[]) out = step(out, operation);
  return out;
}

function step(root: Json, o: Operation | null): Json {
  if (o === null || typeof o !== 'object') throw rejectedPatch();
  switch (o.op) {
    case 'add':
      return add(root, pointer(o.path), clone(o.value));
    case 'remove':
      remove(root, pointer(o.path));
      return root;
    case 'replace':
      if (pointer(o.path).length === 0) return clone(o.value);
      read(root, pointer(o.path));
      return set(root, pointer(o.path), clone(o.value));
    case 'move': {
      const value = read(root, pointer(o.from));
      remove(root, pointer(o.from));
      return add(root, pointer(o.path), value);
    }
    case 'copy':
      return add(root, pointer(o.path), clone(read(root, pointer(o.from))));
    case 'test': {
      const found = lookup(root, pointer(o.path));
      if (!deepEqual(found ?? null, o.value ?? null)) throw rejectedPatch();
      return root;
    }
    default:
      throw rejectedPatch();
  }
}

function pointer(path: string | undefined): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw rejectedPatch();
  return path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function index(list: Json[], key: string, forAdd: boolean): number {
  if (key === '-' && forAdd) return list.length;
  const at = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
  if (Number.isNaN(at) || at < 0 || at > list.length - (forAdd ? 0 : 1)) throw rejectedPatch();
  return at;
}

function lookup(root: Json, path: string[]): Json {
  let at = root;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Array.isArray(at) ? at[Number(key)] : Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function read(root: Json, path: string[]): Json {
  const value = lookup(root, path);
  if (value === undefined) throw rejectedPatch();
  return value;
}

function parentOf(root: Json, path: string[]): Json {
  const parent = lookup(root, path.slice(0, -1));
  if (parent === null || typeof parent !== 'object') throw rejectedPatch();
  return parent;
}

function add(root: Json, path: string[], value: Json): Json {
  if (path.length === 0) return value;
  const parent = parentOf(root, path);
  const key = path[path.length - 1] as string;
  if (Array.isArray(parent)) parent.splice(index(parent, key, true), 0, value);
  else parent[key] = value;
  return root;
}

function set(root: Json, path: string[], value: Json): Json {
  const parent = parentOf(root, path);
  const key = path[path.length - 1] as string;
  if (Array.isArray(parent)) parent[index(parent, key, false)] = value;
  else parent[key] = value;
  return root;
}

function remove(root: Json, path: string[]): void {
  if (path.length === 0) throw rejectedPatch();
  read(root, path);
  const parent = parentOf(root, path);
  const key = path[path.length - 1] as string;
  if (Array.isArray(parent)) parent.splice(index(parent, key, false), 1);
  else delete parent[key];
}
