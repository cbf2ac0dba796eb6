import { clone, deepEqual, type Json } from '../object.ts';
import { PatchError } from './error.ts';

type Operation = Record<string, Json>;

/**
 * JSON patch (RFC 6902) on a copy, with the latitude and the words of Kubernetes' library: negative indices count from the end, a key need not
 * exist to be replaced, a value that is not given is null, and the whole document can only be replaced or tested. Throws PatchError.
 */
export function applyJsonPatch(target: Json, patch: Operation[]): Json {
  let out = clone(target);
  for (const operation of patch) out = step(out, operation ?? {});
  return out;
}

/** The operations of a decoded patch body; `slice` and `item` are Go's names of what it is decoded into. Throws PatchError of `format`. */
export function jsonPatchOperations(patch: Json, slice: string, item: string, prefix = ''): Operation[] {
  const misfit = (value: Json, type: string): PatchError =>
    new PatchError(`${prefix}json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`, 'format');
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw misfit(patch, slice);
  for (const one of patch) if (Array.isArray(one) || (one !== null && typeof one !== 'object')) throw misfit(one, item);
  return patch;
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function step(root: Json, o: Operation): Json {
  switch (o.op) {
    case 'add': {
      const path = pathOf(o, 'path', 'add', true);
      const found = place(root, path);
      if (!found) throw missing(`add operation does not apply: doc is missing path: "${path}"`);
      add(found, givenValue(o), `error in add for path: '${path}'`);
      return root;
    }
    case 'remove': {
      const path = pathOf(o, 'path', 'remove', true);
      const found = place(root, path);
      if (!found) throw missing(`remove operation does not apply: doc is missing path: "${path}"`);
      remove(found, `error in remove for path: '${path}'`);
      return root;
    }
    case 'replace':
      return replace(root, o);
    case 'move':
      return move(root, o);
    case 'copy':
      return copy(root, o);
    case 'test':
      test(root, o);
      return root;
    default:
      throw failed(`Unexpected kind: ${typeof o.op === 'string' ? o.op : 'unknown'}`);
  }
}

const failed = (message: string): PatchError => new PatchError(message, 'content');
const missing = (message: string): PatchError => failed(`${message}: missing value`);

const givenValue = (o: Operation): Json => clone(o.value ?? null);

/** A path of an operation; `blunt` operations say of any fault that the path is missing. */
function pathOf(o: Operation, field: 'path' | 'from', op: string, blunt = false): string {
  const path = o[field];
  if (typeof path === 'string') return path;
  const decode = `${op} operation failed to decode ${field}`;
  if (blunt) throw missing(decode);
  throw path === undefined || path === null
    ? missing(`${decode}: operation${field === 'from' ? ',' : ''} missing ${field} field`)
    : failed(`${decode}: json: cannot unmarshal ${jsonKind(path)} into Go value of type string`);
}

function replace(root: Json, o: Operation): Json {
  const path = pathOf(o, 'path', 'replace');
  if (path === '') {
    const value = givenValue(o);
    if (value === null || typeof value !== 'object')
      throw failed('replace operation value must be object or array: %!w(<nil>)');
    return value;
  }
  const found = place(root, path);
  if (!found) throw missing(`replace operation does not apply: doc is missing path: ${path}`);
  const { container, key } = found;
  if (!Array.isArray(container)) container[key] = givenValue(o);
  else {
    const at = indexOf(key, container.length);
    if (typeof at === 'string') throw missing(`replace operation does not apply: doc is missing key: ${path}`);
    container[at] = givenValue(o);
  }
  return root;
}

function move(root: Json, o: Operation): Json {
  const from = pathOf(o, 'from', 'move');
  const source = place(root, from);
  if (!source) throw missing(`move operation does not apply: doc is missing from path: ${from}`);
  const fault = `error in move for path: '${source.key}'`;
  const value = get(source, fault);
  remove(source, fault);
  const path = pathOf(o, 'path', 'move');
  const target = place(root, path);
  if (!target) throw missing(`move operation does not apply: doc is missing destination path: ${path}`);
  add(target, value, `error in move for path: '${path}'`);
  return root;
}

function copy(root: Json, o: Operation): Json {
  const from = pathOf(o, 'from', 'copy');
  const source = place(root, from);
  if (!source) throw missing(`copy operation does not apply: doc is missing from path: ${from}`);
  const value = get(source, `error in copy for from: '${from}'`);
  const path = pathOf(o, 'path', 'copy', true);
  const target = place(root, path);
  if (!target) throw missing(`copy operation does not apply: doc is missing destination path: ${path}`);
  add(target, clone(value), 'error while adding value during copy');
  return root;
}

function test(root: Json, o: Operation): void {
  const path = pathOf(o, 'path', 'test');
  const found = path === '' ? undefined : place(root, path);
  if (path !== '' && !found) throw missing(`test operation does not apply: is missing path: ${path}`);
  const value = found ? get(found, `error in test for path: '${path}'`) : root;
  if (!deepEqual(value, o.value ?? null)) throw failed(`testing value ${path} failed: test failed`);
}

/** A container and a key in it that need not exist. */
interface Place {
  container: Json;
  key: string;
}

/** Follows a pointer to the container of its last part; what stands before the first slash is ignored. */
function place(root: Json, path: string): Place | undefined {
  const keys = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop();
  if (key === undefined) return undefined;
  let container = root;
  for (const part of keys) {
    if (Array.isArray(container)) container = container[Number(indexOf(part, container.length))];
    else container = Object.hasOwn(container, part) ? container[part] : undefined;
    if (container === null || typeof container !== 'object') return undefined;
  }
  return { container, key };
}

/** An index into a list of this length, or why it is none. */
function indexOf(key: string, length: number): number | string {
  if (!/^[+-]?\d+$/.test(key)) return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const at = Number(key);
  if (Math.abs(at) > Number.MAX_SAFE_INTEGER) return `strconv.Atoi: parsing ${JSON.stringify(key)}: value out of range`;
  if (at >= length || at < -length) return `Unable to access invalid index: ${at}: invalid index referenced`;
  return at < 0 ? at + length : at;
}

function requireIndex(key: string, length: number, fault: string): number {
  const at = indexOf(key, length);
  if (typeof at === 'string') throw failed(`${fault}: ${at}`);
  return at;
}

/** Null where an object has no such key. */
function get({ container, key }: Place, fault: string): Json {
  if (Array.isArray(container)) return container[requireIndex(key, container.length, fault)];
  return Object.hasOwn(container, key) ? container[key] : null;
}

function add({ container, key }: Place, value: Json, fault: string): void {
  if (!Array.isArray(container)) container[key] = value;
  else if (key === '-') container.push(value);
  else {
    const isNumber = /^[+-]?\d+$/.test(key);
    const why = isNumber ? fault : `${fault}: value was not a proper array index: '${key}'`;
    container.splice(requireIndex(key, container.length + 1, why), 0, value);
  }
}

function remove({ container, key }: Place, fault: string): void {
  if (Array.isArray(container)) container.splice(requireIndex(key, container.length, fault), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw missing(`${fault}: Unable to remove nonexistent key: ${key}`);
}
