import { isMap, type Json } from '../../kube/object.ts';
import { PatchError } from '../../kube/patch/error.ts';
import { goValue } from '../../kube/patch/go-text.ts';
import { applyJsonPatch, jsonPatchOperations } from '../../kube/patch/json.ts';
import { applyMergePatch } from '../../kube/patch/merge.ts';
import { spendStrategicPatch } from '../../kube/patch/strategic.ts';
import {
  badRequest,
  plain,
  rejectedPatch,
  requestTooLarge,
  unsupportedCustomPatch,
  unsupportedPatchType,
} from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import { complaintsInOrder, JsonSyntaxError, parseJson } from './json-text.ts';

const JSON_PATCH_OPERATIONS_MAX = 10_000;
const DECODING = 'error decoding patch: ';
const OPERATION_TEXTS = ['op', 'from', 'path'];
const OPERATION_FIELDS = [...OPERATION_TEXTS, 'value'];

/** What a patch makes of an object in the served version, before it is decoded. */
export interface Patched {
  value: Json;
  /** How errors of decoding the value tell what was sent. */
  shown: () => string;
  /** What strict decoding finds in the patch itself. */
  problems: string[];
}

/** PATCH of any type except apply. `isLenient`: nobody wants to know what is odd in the patch. Throws ApiError. */
export function patchedValue(
  info: ResourceInfo,
  current: Json,
  type: string,
  body: string,
  isLenient: boolean,
): Patched {
  try {
    if (type === 'application/json-patch+json') return byOperations(current, body, isLenient);
    if (type === 'application/merge-patch+json') return byMerge(current, body);
    if (info.custom) throw unsupportedCustomPatch();
    if (type !== 'application/strategic-merge-patch+json') throw unsupportedPatchType();
    return strategically(current, body, info);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (error.fault === 'format') throw badRequest(error.message);
    throw error.fault === 'content' ? rejectedPatch() : plain(error.message);
  }
}

function byMerge(current: Json, body: string): Patched {
  const { value: patch, duplicates } = parsed(body, DECODING);
  requireMap(patch, DECODING);
  const value = applyMergePatch(current, patch);
  return { value, shown: () => JSON.stringify(sortTouched(value, patch)), problems: duplicates.map(duplicate) };
}

function strategically(current: Json, body: string, info: ResourceInfo): Patched {
  const { value: patch, duplicates } = parsed(body, '');
  requireMap(patch, '');
  const value = spendStrategicPatch(current, patch, info.schema);
  return { value, shown: () => goValue(patch), problems: duplicates.map(duplicate) };
}

function byOperations(current: Json, body: string, isLenient: boolean): Patched {
  const { value: patch, duplicates } = parsed(body, DECODING);
  const operations = isLenient
    ? jsonPatchOperations(patch, 'jsonpatch.Patch', 'jsonpatch.Operation')
    : jsonPatchOperations(patch, '[]handlers.jsonPatchOp', 'handlers.jsonPatchOp', DECODING);
  const unknown = isLenient ? [] : operations.flatMap((operation, at) => oddFields(operation, at));
  if (operations.length > JSON_PATCH_OPERATIONS_MAX)
    throw requestTooLarge(
      `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${operations.length}`,
    );
  const value = applyJsonPatch(current, operations);
  const touched = operations.reduce((all, { path, from }) => deepen(deepen(all, path), from), {});
  return {
    value,
    shown: () => JSON.stringify(sortTouched(value, touched)),
    problems: complaintsInOrder(body, unknown, duplicates).map((problem) => `json patch ${problem}`),
  };
}

/** Paths of an operation's fields that are none; a field of another type is refused. */
function oddFields(operation: Json, at: number): string[] {
  for (const field of OPERATION_TEXTS) {
    const value = operation?.[field] ?? '';
    if (typeof value === 'string') continue;
    const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw badRequest(
      `${DECODING}json: cannot unmarshal ${what} into Go struct field jsonPatchOp.${field} of type string`,
    );
  }
  return Object.keys(operation ?? {})
    .filter((field) => !OPERATION_FIELDS.includes(field))
    .map((field) => `[${at}].${field}`);
}

/** A map with the containers of a JSON pointer added. */
function deepen(touched: Json, path: Json): Json {
  if (typeof path !== 'string') return touched;
  let inner = touched;
  for (const part of path.split('/').slice(1, -1)) inner = inner[part] ??= {};
  return touched;
}

const duplicate = (path: string): string => `duplicate field "${path}"`;

/** Patched JSON as errors show it: the objects that the patch went through come out with sorted keys. */
export function sortTouched(value: Json, patch: Json): Json {
  if (!isMap(value) || !isMap(patch)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortTouched(value[key], patch[key])]),
  );
}

function requireMap(patch: Json, prefix: string): void {
  if (isMap(patch)) return;
  const what = Array.isArray(patch) ? 'array' : patch === null ? 'null' : typeof patch;
  throw badRequest(`${prefix}json: cannot unmarshal ${what} into Go value of type map[string]interface {}`);
}

/** Parses a patch body; ApiError 400 with Go's words when it is no JSON. */
function parsed(text: string, prefix: string): { value: Json; duplicates: string[] } {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`${prefix}${error.message}`);
    throw error;
  }
}
