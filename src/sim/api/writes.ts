import type { Json, KubeObject } from '../../kube/object.ts';
import { clone, isMap } from '../../kube/object.ts';
import type { ApiError } from '../../kube/status.ts';
import type { ApiRequest } from './api.ts';
import { checkKind, DecodeError, mediaType, normalise, readBody } from './decode.ts';
import { badRequest, conflict, invalid, MODIFIED, notFound, plain } from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import { groupVersion } from './facts.ts';
import { complaintsInOrder, JsonSyntaxError, parseJson } from './json-text.ts';
import type { Kind } from './kinds-index.ts';
import { applyConfig } from './managed/manager.ts';
import { joinTypedErrors, typedErrors } from './managed/typed-errors.ts';
import type { WriteQuery } from './options.ts';
import { patchedValue, sortTouched } from './patching.ts';
import type { Registry, WriteOptions } from './registry.ts';
import { wireObject } from './render.ts';
import type { Stored } from './store.ts';
import { fromStorage, toStorage } from './versions.ts';
import { duplicateKeys, parseYaml, strictYamlError } from './yaml-text.ts';

export const APPLY_PATCH = 'application/apply-patch+yaml';

function textOf(body: ApiRequest['body']): string {
  return typeof body === 'string' ? body : Buffer.from(body ?? []).toString('utf8');
}

function report(
  problems: string[],
  query: WriteQuery,
  warnings: string[],
  fail: (message: string) => ApiError,
  duplicates: string[] = [],
): void {
  if (query.fieldValidation === 'Ignore') return;
  const all = [strictYamlError(duplicates) ?? [], problems].flat();
  if (all.length === 0) return;
  if (query.fieldValidation === 'Strict') throw fail(`strict decoding error: ${all.join(', ')}`);
  warnings.push(...duplicates, ...problems);
}

/** Decodes a whole object sent by POST or PUT. */
export function decodeObject(kind: Kind, request: ApiRequest, query: WriteQuery, warnings: string[]): KubeObject {
  const { info } = kind;
  const fail = (message: string): ApiError => {
    return badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${message}`);
  };
  const { value, duplicates, yaml } = readBody(request.body, request.headers['content-type'], info.kind);
  checkKind(value, info);
  try {
    const decoded = normalise(value, info);
    const problems =
      duplicates.length === 0 ? decoded.problems : complaintsInOrder(textOf(request.body), decoded.unknown, duplicates);
    report(problems, query, warnings, fail, yaml === undefined ? [] : duplicateKeys(yaml));
    return toStorage(decoded.object, info);
  } catch (error) {
    if (error instanceof DecodeError) throw fail(error.message);
    throw error;
  }
}

function patchInvalid(value: string, detail: string): ApiError {
  return invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', value, detail }]);
}

/** A patched object of a subresource's kind; what cannot be decoded is refused with the whole object, as upstream does. */
export function normalisedPatch(value: Json, info: ResourceInfo): Json {
  try {
    return normalise(value, info).object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw patchInvalid(JSON.stringify(sortTouched(value, {})), error.message);
  }
}

function checkPatchedKind(value: Json, { info }: Kind, fail: (message: string) => ApiError): void {
  if (value.kind === info.kind && value.apiVersion === groupVersion(info)) return;
  const base = info.group === '' ? 'core' : info.group.split('.')[0];
  throw fail(
    value.apiVersion === groupVersion(info)
      ? `converting (${info.version}.${value.kind}) to (${base}.${info.kind}): unknown conversion`
      : `no kind "${value.kind}" is registered for version "${value.apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  );
}

/** PATCH of any type except apply. `current` is what the client sees of the object. */
export function decodePatched(
  kind: Kind,
  current: Json,
  request: ApiRequest,
  query: WriteQuery,
  warnings: string[],
): KubeObject {
  const type = mediaType(request.headers['content-type']);
  const isLenient = query.fieldValidation === 'Ignore';
  const { value, shown, problems } = patchedValue(kind.info, current, type, textOf(request.body), isLenient);
  const isStrategic = type === 'application/strategic-merge-patch+json';
  const fail = (message: string): ApiError => patchInvalid(shown(), message);
  if (!isMap(value) || (value.metadata !== undefined && !isMap(value.metadata)))
    throw fail('the patched object is no object');
  try {
    checkPatchedKind(value, kind, fail);
    const decoded = normalise(value, kind.info);
    report([...problems, ...decoded.problems], query, warnings, fail);
    return toStorage(decoded.object, kind.info);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const converted = /cannot unmarshal (number|string|bool|object|array).* of type (\S+)$/.exec(error.message);
    const words: Record<string, string> = {
      number: 'int64',
      object: 'map[string]interface {}',
      array: '[]interface {}',
    };
    if (isStrategic && converted) {
      const [, from = '', to = ''] = converted;
      const isContainer = to.startsWith('[]') || to.startsWith('map[');
      const verb = isContainer
        ? `cannot restore ${to.startsWith('[]') ? 'slice' : 'map'} from ${words[from] ?? from}`
        : `cannot convert ${words[from] ?? from} to ${to}`;
      throw fail(verb);
    }
    throw fail(error.message);
  }
}

/** PATCH by resource name; retries are not needed, since nothing happens in between. */
export function patchObject(
  registry: Registry,
  kind: Kind,
  namespace: string | undefined,
  name: string,
  request: ApiRequest,
  query: WriteQuery,
  options: WriteOptions,
): { stored: Stored; created: boolean } {
  if (mediaType(request.headers['content-type']) === APPLY_PATCH)
    return applyObject(registry, kind, namespace, name, request, query, options);
  const old = registry.get(kind, namespace, name);
  const draft = decodePatched(kind, clone(wireObject(kind, old)), request, query, options.warnings ?? []);
  if (draft.metadata.name !== name) {
    throw badRequest(`the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`);
  }
  return { stored: registry.update(kind, old, draft, { ...options, isPatch: true }), created: false };
}

function applyObject(
  registry: Registry,
  kind: Kind,
  namespace: string | undefined,
  name: string,
  request: ApiRequest,
  query: WriteQuery,
  options: WriteOptions,
): { stored: Stored; created: boolean } {
  const { info } = kind;
  const config = decodeApply(kind, textOf(request.body), query, options);
  const meta = config.metadata ?? {};
  if (meta.name !== undefined && meta.name !== name) {
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  }
  if (meta.namespace !== undefined && namespace !== undefined && meta.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (meta.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const old = registry.current(kind, namespace, name);
  if (!old && options.subresource !== undefined) throw notFound(info, name);
  if (old && meta.resourceVersion && meta.resourceVersion !== old.object.metadata.resourceVersion)
    throw conflict(info, name, MODIFIED);
  const live = old && fromStorage(old.object, info);
  const writer = { manager: options.fieldManager, subresource: options.subresource, time: registry.world.nowIso };
  const applied = applyConfig(old?.managed ?? [], live, config, info, writer, query.force);
  // Ownership is worked out on what was sent (`0.5` differs from the stored `500m`), the object on what it decodes to.
  const draft = toStorage(clone(normalise(applied.object, info).object), info);
  const { resourceVersion: _, ...kept } = draft.metadata;
  draft.metadata = {
    ...kept,
    name,
    ...(old ? { resourceVersion: old.object.metadata.resourceVersion } : {}),
  } as KubeObject['metadata'];
  const withOwners = { ...options, managed: applied.managed };
  if (!old) return { stored: registry.create(kind, namespace, draft, withOwners), created: true };
  return { stored: registry.update(kind, old, draft, withOwners), created: false };
}

/** Server-side apply of a Scale: the manager comes to own the replicas of the scaled object. */
export function applyScale(
  registry: Registry,
  kind: Kind,
  old: Stored,
  request: ApiRequest,
  options: WriteOptions,
  force: boolean,
): Stored {
  const scale = readApply(textOf(request.body));
  const { name } = old.object.metadata;
  const replicas = scale.spec?.replicas ?? 0;
  const config = { apiVersion: groupVersion(kind.info), kind: kind.info.kind, metadata: { name }, spec: { replicas } };
  const writer = { manager: options.fieldManager, subresource: 'scale', time: registry.world.nowIso };
  const { managed } = applyConfig(old.managed, old.object, config, kind.info, writer, force);
  const draft = clone(old.object);
  draft.spec = { ...draft.spec, replicas };
  return registry.update(kind, old, draft, { ...options, subresource: 'scale', managed });
}

function readApply(text: string): Json {
  const json = text.startsWith('{') ? readJson(text) : undefined;
  if (json !== undefined) return json;
  let value: Json;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`);
  }
  if (!isMap(value)) throw badRequest('error decoding YAML: the patch is no object');
  return value;
}

/** JSON is YAML, too, and read much faster; undefined when it is broken or says a key twice, which YAML has the words for. */
function readJson(text: string): Json {
  try {
    const { value, duplicates } = parseJson(text);
    return duplicates.length === 0 ? value : undefined;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return undefined;
  }
}

function decodeApply(kind: Kind, text: string, query: WriteQuery, options: WriteOptions): Json {
  const { info } = kind;
  const value = readApply(text);
  if (value.kind === undefined || value.apiVersion === undefined) {
    throw badRequest(`invalid object type: ${value.apiVersion ?? '/'}, Kind=${value.kind ?? ''}`);
  }
  const typed = `${info.group === '' ? `/${value.apiVersion}` : value.apiVersion}, Kind=${value.kind}`;
  if (value.kind !== info.kind || value.apiVersion !== groupVersion(info))
    throw badRequest(`invalid object type: ${typed}`);
  const errors = typedErrors(value, info.schema);
  if (errors.length > 0) {
    const { namespace = '', name = '' } = value.metadata ?? {};
    throw plain(`failed to create typed patch object (${namespace}/${name}; ${typed}): ${joinTypedErrors(errors)}`);
  }
  if (query.fieldValidation !== 'Ignore' && readJson(text) === undefined) {
    const duplicates = duplicateKeys(text);
    const error = strictYamlError(duplicates);
    if (error !== undefined && query.fieldValidation === 'Strict')
      throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${error}`);
    options.warnings?.push(...duplicates);
  }
  try {
    const decoded = normalise(value, info);
    report(decoded.problems, query, options.warnings ?? [], (m) => badRequest(m));
    return value;
  } catch (error) {
    if (error instanceof DecodeError)
      throw badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`,
      );
    throw error;
  }
}
