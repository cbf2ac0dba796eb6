import type { Json } from '../../kube/object.ts';
import { badRequest } from './errors.ts';
import { keepsZero } from './go-shape.ts';
import {
  EXTENSIONS,
  type Field,
  fieldsOf,
  INLINE_FIELDS,
  MAGIC,
  META,
  messageFor,
  UNKNOWN,
} from './protobuf-messages.ts';

/** Numbers of JSON schemas that are behind pointers: a zero of theirs says something. */
const SCHEMA_POINTERS = /^(max|min)|^multipleOf$|^x-kubernetes-preserve/;

/** Decodes `k8s\0` + runtime.Unknown into the JSON object. Throws ApiError 400 for bytes that are none. */
export function decodeProtobuf(bytes: Uint8Array): Json {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw badRequest('the provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  try {
    const envelope = decodeMessage(new Reader(bytes.subarray(4)), UNKNOWN, true);
    const typeMeta = envelope.typeMeta ?? {};
    const message = messageFor(typeMeta.apiVersion ?? '', typeMeta.kind ?? '');
    const object = decodeMessage(new Reader(envelope.raw ?? new Uint8Array()), message, false);
    return { kind: typeMeta.kind, apiVersion: typeMeta.apiVersion, ...object };
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('proto: unexpected EOF');
    throw error;
  }
}

class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  get more(): boolean {
    return this.at < this.bytes.length;
  }
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('eof');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('varint');
  }
  chunk(): Uint8Array {
    const length = Number(this.varint());
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('eof');
    return this.bytes.subarray(start, this.at);
  }
  double(): number {
    this.at += 8;
    if (this.at > this.bytes.length) throw new RangeError('eof');
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at - 8).getFloat64(0, true);
  }
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 2) this.chunk();
    else if (wire === 1 || wire === 5) this.at += wire === 1 ? 8 : 4;
    else throw new RangeError('wire type');
  }
}

/** Reads one message; the well-known ones become the JSON scalars that stand for them. */
function decodeMessage(reader: Reader, message: string, rawBytes: boolean): Json {
  const fields = fieldsOf(message);
  if (!fields) throw badRequest(`no kind is registered for the type ${message}`);
  const out: Record<string, Json> = {};
  while (reader.more) {
    const tag = Number(reader.varint());
    const field = fields.byNumber.get(tag >> 3);
    if (!field) {
      reader.skip(tag & 7);
      continue;
    }
    const value = decodeField(reader, field, tag & 7, out, rawBytes);
    if (value === undefined) continue;
    if (INLINE_FIELDS.has(field.name) && typeof value === 'object' && !Array.isArray(value)) Object.assign(out, value);
    else if (!isZero(value) || keeps(message, field.name)) out[field.name] = value;
  }
  return wellKnown(message, out);
}

function keeps(message: string, name: string): boolean {
  if (message === `${EXTENSIONS}JSONSchemaProps`) return SCHEMA_POINTERS.test(name);
  return keepsZero(message, name);
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

function decodeField(reader: Reader, field: Field, wire: number, out: Record<string, Json>, rawBytes: boolean): Json {
  const repeated = /^repeated<(.*)>$/.exec(field.type);
  if (repeated?.[1] !== undefined) {
    out[field.name] ??= [];
    const list = out[field.name] as Json[];
    const packed = wire === 2 && (repeated[1] === 'int32' || repeated[1] === 'int64');
    if (!packed) list.push(decodeValue(reader, repeated[1], rawBytes));
    else
      for (const inner = new Reader(reader.chunk()); inner.more; ) list.push(decodeValue(inner, repeated[1], rawBytes));
    return undefined;
  }
  const map = /^map<string,(.*)>$/.exec(field.type);
  if (map?.[1] !== undefined) {
    const entry = new Reader(reader.chunk());
    let key = '';
    let value: Json;
    while (entry.more) {
      const tag = Number(entry.varint());
      if (tag >> 3 === 1) key = Buffer.from(entry.chunk()).toString('utf8');
      else value = decodeValue(entry, map[1], rawBytes);
    }
    out[field.name] ??= {};
    const into = out[field.name] as Record<string, Json>;
    into[key] = value ?? (map[1] === 'string' || map[1] === 'bytes' ? '' : {});
    return undefined;
  }
  return decodeValue(reader, field.type, rawBytes);
}

function decodeValue(reader: Reader, type: string, rawBytes: boolean): Json {
  switch (type) {
    case 'string':
      return Buffer.from(reader.chunk()).toString('utf8');
    case 'bytes':
      return rawBytes ? reader.chunk() : Buffer.from(reader.chunk()).toString('base64');
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, reader.varint()));
    case 'double':
      return reader.double();
    default:
      return decodeMessage(new Reader(reader.chunk()), type, rawBytes);
  }
}

function wellKnown(message: string, value: Record<string, Json>): Json {
  switch (message) {
    case `${META}Time`:
    case `${META}MicroTime`: {
      if (value['seconds'] === undefined) return null;
      const second = new Date(value['seconds'] * 1000).toISOString().slice(0, 19);
      if (message === `${META}Time`) return `${second}Z`;
      return `${second}.${String(Math.floor((value['nanos'] ?? 0) / 1000)).padStart(6, '0')}Z`;
    }
    case `${META}Duration`:
      return `${(value['duration'] ?? 0) / 1e9}s`;
    case 'k8s.io.apimachinery.pkg.api.resource.Quantity':
      return value['string'] ?? '0';
    case 'k8s.io.apimachinery.pkg.util.intstr.IntOrString':
      return value['type'] === 1 ? (value['strVal'] ?? '') : (value['intVal'] ?? 0);
    case `${META}FieldsV1`:
      return JSON.parse(Buffer.from(value['Raw'] ?? '', 'base64').toString('utf8') || '{}');
    case 'k8s.io.apimachinery.pkg.runtime.RawExtension':
      return JSON.parse(Buffer.from(value['raw'] ?? '', 'base64').toString('utf8') || 'null');
    case 'k8s.io.api.authentication.v1.ExtraValue':
    case 'k8s.io.api.authorization.v1.ExtraValue':
    case 'k8s.io.api.certificates.v1.ExtraValue':
    case `${META}Verbs`:
      return value['items'] ?? [];
    case `${EXTENSIONS}JSON`:
      return JSON.parse(Buffer.from(value['raw'] ?? '', 'base64').toString('utf8') || 'null');
    case `${EXTENSIONS}JSONSchemaPropsOrBool`:
      return value['schema'] ?? value['allows'] ?? false;
    case `${EXTENSIONS}JSONSchemaPropsOrArray`:
      return value['schema'] ?? value['jSONSchemas'] ?? null;
    case `${EXTENSIONS}JSONSchemaPropsOrStringArray`:
      return value['schema'] ?? value['property'] ?? null;
    default:
      return value;
  }
}
