import type { Json, KubeObject } from '../../kube/object.ts';
import { clone, isMap } from '../../kube/object.ts';
import { canonicalQuantity, QuantityError } from '../../kube/quantity.ts';
import type { ApiError } from '../../kube/status.ts';
import { prune } from './custom/prune.ts';
import { badRequest, unsupportedBody } from './errors.ts';
import type { ResourceInfo, Schema } from './facts.ts';
import {
  groupVersion,
  INT_OR_STRING_TYPE,
  META_TYPE,
  MICRO_TIME_TYPE,
  QUANTITY_TYPE,
  resolve,
  TIME_TYPE,
} from './facts.ts';
import { goFieldOf, keepsZero } from './go-shape.ts';
import { JsonSyntaxError, parseJson } from './json-text.ts';
import { decodeProtobuf } from './protobuf.ts';
import { parseYaml, YamlSyntaxError } from './yaml-text.ts';

const VERSION_AND_KIND =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
/** How much of an unreadable body an error shows. */
const SUMMARY_BYTES = 30;

/** A value that Go's decoder would refuse; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Decoded {
  object: Json;
  /** Paths of unknown fields, and `unknown field "…"` of each. */
  unknown: string[];
  problems: string[];
}

interface Walk {
  unknown: string[];
  /** The first value of a wrong type. Go reads on after it, and tells of what it cannot read at all instead. */
  mismatch?: DecodeError;
}

/** Media type of a body without parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Reads a body of whatever accepted media type into plain JSON, with the duplicate keys found; `yaml` is its text when it was YAML. */
export function readBody(
  body: string | Uint8Array | undefined,
  contentType: string | undefined,
  expectedKind: string,
): { value: Json; duplicates: string[]; exact: boolean; yaml?: string } {
  const type = mediaType(contentType);
  if (type === 'application/vnd.kubernetes.protobuf') {
    return {
      value: decodeProtobuf(typeof body === 'string' ? Buffer.from(body, 'latin1') : (body ?? new Uint8Array())),
      duplicates: [],
      exact: true,
    };
  }
  const text = typeof body === 'string' ? body : Buffer.from(body ?? []).toString('utf8');
  if (type === 'application/yaml')
    return { value: readYaml(text, expectedKind), duplicates: [], exact: false, yaml: text };
  if (type !== 'application/json' && type !== '') throw unsupportedBody();
  try {
    const parsed = parseJson(text);
    if (parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value)) {
      throw new JsonSyntaxError(
        `json: cannot unmarshal ${goKind(parsed.value)} into Go value of type ${VERSION_AND_KIND}`,
      );
    }
    return { value: parsed.value, duplicates: parsed.duplicates, exact: false };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw unrecognized(expectedKind, `couldn't get version/kind; json parse error: ${error.message}`, text);
  }
}

function unrecognized(expectedKind: string, why: string, text: string): ApiError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expectedKind}): ${why} (${summary(Buffer.from(text))})`,
  );
}

/** The beginning of a body as errors show it: text when it looks like JSON, else hexadecimal. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const shown = bytes.subarray(0, SUMMARY_BYTES).toString(bytes[0] === 0x7b ? 'utf8' : 'hex');
  return bytes.length > SUMMARY_BYTES ? `${shown} ...` : shown;
}

function readYaml(text: string, expectedKind: string): Json {
  try {
    const value = parseYaml(text);
    if (isMap(value)) return value;
    const shown = value === null ? 'null' : JSON.stringify(value);
    throw unrecognized(
      expectedKind,
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(value)} into Go value of type ${VERSION_AND_KIND}`,
      shown,
    );
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw unrecognized(expectedKind, error.message, text);
  }
}

/**
 * Brings a body into the shape that the Go type would have after decoding: unknown fields dropped and reported, empty
 * optional values dropped, quantities and times canonical. Throws {@link DecodeError}.
 */
export function normalise(value: Json, info: ResourceInfo): Decoded {
  if (info.custom) return normaliseCustom(value, info);
  const walk: Walk = { unknown: [] };
  const object = struct(value, info.schema, info.typeName ?? `v1.${info.kind}`, info.kind, '', '', walk) as KubeObject;
  if (walk.mismatch) throw walk.mismatch;
  object.apiVersion = groupVersion(info);
  object.kind = info.kind;
  if (object.metadata === undefined) object.metadata = {} as KubeObject['metadata'];
  return decodedAs(object, walk.unknown);
}

function decodedAs(object: KubeObject, unknown: string[]): Decoded {
  return { object: orderKeys(object), unknown, problems: unknown.map((path) => `unknown field "${path}"`) };
}

/** Custom resources have no Go type: what their schema does not know goes, all else stays as it is, zero or not. */
function normaliseCustom(value: Json, info: ResourceInfo): Decoded {
  const walk: Walk = { unknown: [] };
  const { metadata = {}, ...rest } = clone(value) as Json;
  if (!isMap(metadata)) mismatch(metadata, 'v1.ObjectMeta', { owner: info.kind, goPath: 'metadata', walk });
  const read = readRef(metadata, META_TYPE, { owner: 'ObjectMeta', goPath: 'metadata', walk }, 'metadata', walk);
  if (walk.mismatch) throw walk.mismatch;
  const object = { ...rest, apiVersion: groupVersion(info), kind: info.kind, metadata: read } as KubeObject;
  const unknown = [...walk.unknown, ...prune(object, info.schema)];
  return decodedAs(object, unknown);
}

function orderKeys(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest } as KubeObject;
}

/** Checks kind and apiVersion of a body against the resource it was sent to. */
export function checkKind(value: Json, info: ResourceInfo, isSubresource = false): void {
  const kind = typeof value.kind === 'string' ? value.kind : '';
  const apiVersion = typeof value.apiVersion === 'string' ? value.apiVersion : '';
  const gv = groupVersion(info);
  if ((kind === '' || kind === info.kind) && (apiVersion === '' || apiVersion === gv)) return;
  const version = apiVersion.split('/').pop() ?? '';
  if (apiVersion !== '' && apiVersion !== gv && !isSubresource) {
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${info.kind}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const base = info.group === '' ? 'core' : info.group.split('.')[0];
  throw badRequest(
    `${kind} in version "${info.version}" cannot be handled as a ${info.kind}: converting (${version || info.version}.${kind}) to (${base}.${info.kind}): unknown conversion`,
  );
}

function struct(
  value: Json,
  schema: Schema,
  typeName: string,
  goName: string,
  goPath: string,
  path: string,
  walk: Walk,
): Json {
  const properties = schema.properties;
  if (!properties) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = properties[key];
    const here = path === '' ? key : `${path}.${key}`;
    if (!field) {
      if (schema['x-kubernetes-preserve-unknown-fields']) out[key] = value[key];
      else walk.unknown.push(here);
      continue;
    }
    const item = value[key];
    if (item === null || item === undefined) continue;
    const told = goFieldOf(typeName, key);
    const inner = told?.in === undefined ? key : `${told.in}.${key}`;
    const site: Site = { owner: goName, goPath: goPath === '' ? inner : `${goPath}.${inner}`, type: told?.type, walk };
    const read = read1(item, field, site, here, walk);
    if (isEmpty(read, field) && !schema.required?.includes(key) && !keepsZero(typeName, key)) continue;
    out[key] = read;
  }
  return out;
}

interface Site {
  /** Go struct that holds the field. */
  owner: string;
  goPath: string;
  /** The field's Go type where it has a name of its own (`v1.Protocol`); of an item when the site is one. */
  type?: string;
  walk: Walk;
}

function isEmpty(value: unknown, schema: Schema): boolean {
  if (value === '' || value === 0 || value === false) return schema.ref === undefined;
  if (Array.isArray(value)) return value.length === 0;
  if (schema.additionalProperties && typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0;
  return false;
}

function shortName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf('.') + 1);
}

function read1(value: Json, schema: Schema, site: Site, path: string, walk: Walk): Json {
  if (schema.ref !== undefined) return readRef(value, schema.ref, site, path, walk);
  if (schema['x-kubernetes-int-or-string']) return value;
  switch (schema.type) {
    case 'array': {
      if (!Array.isArray(value)) return mismatch(value, site.type ?? goType(schema), site);
      const items = schema.items ?? {};
      const each = { ...site, type: site.type?.replace(/^\[\]/, '') };
      return (value as Json[]).map((item, i) =>
        item === null ? zero(items) : read1(item, items, each, `${path}[${i}]`, walk),
      );
    }
    case 'object':
      return readObject(value, schema, site, path, walk);
    case 'string':
      return readString(value, schema, site);
    case 'integer':
    case 'number':
      return readNumber(value, schema, site);
    case 'boolean':
      if (typeof value !== 'boolean') return mismatch(value, 'bool', site);
      return value;
    default:
      return value;
  }
}

function readObject(value: Json, schema: Schema, site: Site, path: string, walk: Walk): Json {
  if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, site.type ?? goType(schema), site);
  if (schema.properties) return struct(value, schema, '', site.owner, site.goPath, path, walk);
  const each = schema.additionalProperties;
  if (!each) return value;
  const inMap = { ...site, type: undefined };
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    out[key] = value[key] === null ? zero(each) : read1(value[key], each, inMap, `${path}.${key}`, walk);
  // Go prints maps in the order of their keys.
  return Object.fromEntries(
    Object.keys(out)
      .sort()
      .map((key) => [key, out[key]]),
  );
}

function readString(value: Json, schema: Schema, site: Site): string | undefined {
  // Types that read themselves end the reading when they fail.
  if (schema.format === 'int-or-string' && typeof value !== 'string') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
    throw new DecodeError(mismatchText(value, 'int32', site));
  }
  if (schema.format === 'date-time' && typeof value !== 'string')
    throw new DecodeError(mismatchText(value, 'string', site));
  if (schema.format === 'byte' && Array.isArray(value) && value.length === 0) return '';
  if (typeof value !== 'string')
    return mismatch(value, site.type ?? (schema.format === 'byte' ? '[]uint8' : 'string'), site);
  if (schema.format === 'byte') {
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(value);
    if (bad) return unreadable(`illegal base64 data at input byte ${bad.index}`, site);
    const clean = value.replace(/[\r\n]/g, '');
    if (clean.length % 4 !== 0)
      return unreadable(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`, site);
    return clean;
  }
  return value;
}

function readNumber(value: Json, schema: Schema, site: Site): number | undefined {
  const go = schema.type === 'number' ? 'float64' : schema.format === 'int32' ? 'int32' : 'int64';
  if (typeof value !== 'number') return mismatch(value, go, site);
  const tooBig = go === 'int32' && (value > 2147483647 || value < -2147483648);
  if (go !== 'float64' && (!Number.isInteger(value) || tooBig)) return mismatch(value, go, site);
  return value;
}

function readRef(value: Json, ref: string, site: Site, path: string, walk: Walk): Json {
  if (ref === QUANTITY_TYPE) {
    const text = typeof value === 'number' ? String(value) : value;
    return readQuantity(text);
  }
  if (ref === TIME_TYPE || ref === MICRO_TIME_TYPE) return readTime(value, ref, site);
  if (ref === INT_OR_STRING_TYPE) {
    if (typeof value !== 'string' && typeof value !== 'number') return mismatch(value, 'int32', site);
    return value;
  }
  const schema = resolve({ ref });
  if (schema.type !== 'object') return value;
  const name = shortName(ref);
  // Raw JSON may be anything; the kind says what it takes.
  if (name === 'RawExtension') return value;
  if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, `v1.${name}`, site);
  return struct(value, schema, ref, name, site.goPath, path, walk);
}

function readQuantity(text: Json): string {
  try {
    return canonicalQuantity(typeof text === 'string' ? text : '');
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

function readTime(value: Json, ref: string, site: Site): string | undefined {
  if (typeof value !== 'string') return mismatch(value, 'string', site);
  const layout = ref === TIME_TYPE ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value);
  const ms = match ? Date.parse(value) : Number.NaN;
  if (!match || Number.isNaN(ms)) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  const second = new Date(ms).toISOString().slice(0, 19);
  return ref === TIME_TYPE ? `${second}Z` : `${second}.${(match[1] ?? '.').slice(1).padEnd(6, '0').slice(0, 6)}Z`;
}

function zero(schema: Schema): Json {
  if (schema.ref === QUANTITY_TYPE) return '0';
  const type = resolve(schema).type;
  if (type === 'object') return {};
  return type === 'string' ? '' : type === 'boolean' ? false : type === 'array' ? null : 0;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  if (schema.ref !== undefined)
    return schema.ref === QUANTITY_TYPE ? 'resource.Quantity' : `v1.${shortName(schema.ref)}`;
  if (schema.type === 'array') return `[]${goType(schema.items ?? {})}`;
  if (schema.type === 'object')
    return schema.additionalProperties
      ? `map[string]${goType(schema.additionalProperties)}`
      : 'map[string]interface {}';
  if (schema.type === 'integer') return schema.format === 'int32' ? 'int32' : 'int64';
  if (schema.type === 'boolean') return 'bool';
  return schema.format === 'byte' ? '[]uint8' : (schema.type ?? 'interface {}');
}

/** Notes a value of the wrong type; what it stands for is then absent. */
function mismatch(value: unknown, type: string, site: Site): undefined {
  return unreadable(mismatchText(value, type, site), site);
}

function mismatchText(value: unknown, type: string, site: Site): string {
  const odd = typeof value === 'number' && (type === 'int32' || type === 'int64') ? ` ${value}` : '';
  return `json: cannot unmarshal ${goKind(value)}${odd} into Go struct field ${site.owner}.${site.goPath} of type ${type}`;
}

function unreadable(message: string, site: Site): undefined {
  site.walk.mismatch ??= new DecodeError(message);
}
