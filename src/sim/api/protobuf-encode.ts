import type { Json } from '../../kube/object.ts';
import {
  EXTENSIONS,
  type Field,
  fieldsOf,
  findMessage,
  INLINE_FIELDS,
  MAGIC,
  META,
  UNKNOWN,
} from './protobuf-messages.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** `k8s\0` + runtime.Unknown of an object or a list; undefined for kinds that have no protobuf form. */
export function encodeProtobuf(object: Json): Buffer | undefined {
  const { kind, apiVersion } = object ?? {};
  const message = findMessage(String(apiVersion ?? ''), String(kind ?? ''));
  if (message === undefined) return undefined;
  const raw = encodeMessage(object, message).toString('base64');
  return Buffer.concat([MAGIC, encodeMessage({ typeMeta: { apiVersion, kind }, raw }, UNKNOWN)]);
}

/** One event of a watch: its length in four bytes, then metav1.WatchEvent around the object's own envelope. */
export function encodeWatchEvent(type: string, object: Json): Buffer | undefined {
  const raw = encodeProtobuf(object);
  if (!raw) return undefined;
  const event = Buffer.concat([text(1, type), chunk(2, chunk(1, raw))]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function encodeMessage(value: Json, message: string): Buffer {
  const fields = fieldsOf(message);
  const parts: Buffer[] = [];
  for (const field of fields?.inOrder ?? []) {
    const isInline = INLINE_FIELDS.has(field.name) && field.type.includes('.');
    const item = isInline ? value : value?.[field.name];
    if (item === undefined || item === null) continue;
    const bytes = encodeField(item, field);
    // An embedded message of which nothing is set says nothing.
    if (!isInline || bytes.length > 2) parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function encodeField(value: Json, { number, type }: Field): Buffer {
  const inner = /^(repeated|map)<(?:string,)?(.*)>$/.exec(type);
  if (!inner) return encodeValue(value, number, type);
  const item = inner[2] as string;
  if (inner[1] === 'repeated') {
    if (!Array.isArray(value)) return Buffer.alloc(0);
    return Buffer.concat(value.map((one) => encodeValue(one ?? zeroOf(item), number, item)));
  }
  const entries = Object.keys(value).sort();
  return Buffer.concat(
    entries.map((key) =>
      chunk(number, Buffer.concat([text(1, key), encodeValue(value[key] ?? zeroOf(item), 2, item)])),
    ),
  );
}

function zeroOf(type: string): Json {
  if (type === 'string' || type === 'bytes') return '';
  return type.includes('.') ? {} : 0;
}

function encodeValue(value: Json, number: number, type: string): Buffer {
  switch (type) {
    case 'string':
      return text(number, String(value));
    case 'bytes':
      return chunk(number, Buffer.from(String(value), 'base64'));
    case 'bool':
      return Buffer.concat([tag(number, VARINT), varint(value ? 1 : 0)]);
    case 'int32':
    case 'int64':
      return Buffer.concat([tag(number, VARINT), varint(Math.trunc(Number(value)) || 0)]);
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return Buffer.concat([tag(number, FIXED64), bytes]);
    }
    default:
      return chunk(number, encodeMessage(wireForm(value, type), type));
  }
}

/** What stands in the message for a value that JSON writes as a scalar (or as something else than the message's fields). */
function wireForm(value: Json, message: string): Json {
  switch (message) {
    case `${META}Time`:
    case `${META}MicroTime`:
      return moment(String(value));
    case `${META}Duration`:
      return { duration: nanoseconds(String(value)) };
    case `${META}FieldsV1`:
      return { Raw: base64(value) };
    case 'k8s.io.apimachinery.pkg.api.resource.Quantity':
      return { string: String(value) };
    case 'k8s.io.apimachinery.pkg.util.intstr.IntOrString':
      return typeof value === 'number' ? { type: 0, intVal: value } : { type: 1, strVal: String(value) };
    case 'k8s.io.apimachinery.pkg.runtime.RawExtension':
    case `${EXTENSIONS}JSON`:
      return { raw: base64(value) };
    case 'k8s.io.api.authentication.v1.ExtraValue':
    case 'k8s.io.api.authorization.v1.ExtraValue':
    case 'k8s.io.api.certificates.v1.ExtraValue':
    case `${META}Verbs`:
      return { items: value };
    case `${EXTENSIONS}JSONSchemaPropsOrBool`:
      return typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value };
    case `${EXTENSIONS}JSONSchemaPropsOrArray`:
      return Array.isArray(value) ? { jSONSchemas: value } : { schema: value };
    case `${EXTENSIONS}JSONSchemaPropsOrStringArray`:
      return Array.isArray(value) ? { property: value } : { schema: value };
    default:
      return value;
  }
}

function base64(value: Json): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
}

/** `2026-01-15T09:00:00.123456Z` as seconds and nanoseconds. */
function moment(text: string): Json {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return {};
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return { seconds: Math.floor(ms / 1000), nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) };
}

const UNITS: Record<string, number> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** A Go duration (`1m30s`) in nanoseconds. */
function nanoseconds(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g))
    sum += Number(amount) * (UNITS[unit as string] ?? 0);
  return Math.round(text.startsWith('-') ? -sum : sum);
}

function tag(number: number, wire: number): Buffer {
  return varint(number * 8 + wire);
}

function text(number: number, value: string): Buffer {
  return chunk(number, Buffer.from(value, 'utf8'));
}

function chunk(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, BYTES), varint(bytes.length), bytes]);
}

/** Negative numbers take ten bytes, as two's complement. */
function varint(value: number): Buffer {
  const out: number[] = [];
  if (value >= 0 && value < 0x80) return Buffer.from([value]);
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}
