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

/** RFC 6902 on a copy, with the server library's latitude: negative indices count from the end, a key need not exist to be replaced. */
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
      add(place(root, o.path), clone(o.value));
      return root;
    case 'remove':
      remove(place(root, o.path));
      return root;
    case 'replace':
      if (o.path === '') return wholeDocument(o.value);
      replace(place(root, o.path), clone(o.value));
      return root;
    case 'move': {
      const from = place(root, o.from);
      const value = get(from);
      remove(from);
      add(place(root, o.path), value ?? null);
      return root;
    }
    case 'copy':
      add(place(root, o.path), clone(get(place(root, o.from)) ?? null));
      return root;
    case 'test':
      if (!deepEqual(get(place(root, o.path)) ?? null, o.value ?? null)) throw rejectedPatch();
      return root;
    default:
      throw rejectedPatch();
  }
}

function wholeDocument(value: Json): Json {
  if (value === null || typeof value !== 'object') throw rejectedPatch();
  return clone(value);
}

/** A container and a key in it that need not exist. */
interface Place {
  container: Json;
  key: string;
}

/** Follows a pointer to the container of its last part; what stands before the first slash is ignored. */
function place(root: Json, path: string | undefined): Place {
  const parts = typeof path === 'string' ? path.split('/') : [];
  if (parts.length < 2) throw rejectedPatch();
  const keys = parts.slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let container = root;
  for (const key of keys.slice(0, -1)) {
    container = get({ container, key });
    if (container === null || typeof container !== 'object') throw rejectedPatch();
  }
  return { container, key: keys[keys.length - 1] as string };
}

function index(key: string, length: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw rejectedPatch();
  const at = Number(key);
  if (at >= length || at < -length) throw rejectedPatch();
  return at < 0 ? at + length : at;
}

function get({ container, key }: Place): Json {
  if (Array.isArray(container)) return container[index(key, container.length)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function add({ container, key }: Place, value: Json): void {
  if (!Array.isArray(container)) container[key] = value;
  else if (key === '-') container.push(value);
  else container.splice(index(key, container.length + 1), 0, value);
}

function replace({ container, key }: Place, value: Json): void {
  if (Array.isArray(container)) container[index(key, container.length)] = value;
  else container[key] = value;
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(index(key, container.length), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw rejectedPatch();
}
