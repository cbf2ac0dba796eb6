/**
 * Decoded MongoDB wire commands, as `DataMessage.data` of proto `mongodb` (op `command`). Values are plain data;
 * what JSON cannot say is written as extended JSON: `{ $oid }`, `{ $date }` (ISO text), `{ $binary }`.
 */
export type Document = { [field: string]: unknown };

/** The command's name is the first key of `command`. */
export interface MongoRequest {
  db: string;
  command: Document;
}

/** `ok: 1` with the result's fields, or `ok: 0` with `errmsg`, `code`, `codeName`. */
export type MongoReply = Document & { ok: 0 | 1; errmsg?: string; code?: number; codeName?: string };

export const errorCodes: Readonly<Record<number, string>> = {
  2: 'BadValue',
  9: 'FailedToParse',
  11: 'UserNotFound',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  31: 'RoleNotFound',
  48: 'NamespaceExists',
  59: 'CommandNotFound',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  76: 'NoReplicationEnabled',
  11000: 'DuplicateKey',
  51003: 'Location51003',
};

export const ok = (fields: Document = {}): MongoReply => ({ ...fields, ok: 1 });

export function mongoError(code: number, errmsg: string): MongoReply {
  return { ok: 0, errmsg, code, codeName: errorCodes[code] ?? `Location${code}` };
}

/** A document in the form of MongoDB's own messages: `{ count: "geo", query: { hotelId: "1" } }`. */
export function bsonText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(bsonText).join(', ')} ]`;
  if (value !== null && typeof value === 'object') {
    const doc = value as Document;
    if (typeof doc['$oid'] === 'string') return `ObjectId('${doc['$oid']}')`;
    if (typeof doc['$date'] === 'string') return `new Date(${Date.parse(doc['$date'])})`;
    const fields = Object.entries(doc).map(([key, v]) => `${key}: ${bsonText(v)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined) return 'undefined';
  if (typeof value === 'number')
    return Number.isInteger(value) ? `${value}${value >= 1e15 ? '.0' : ''}` : String(value);
  return String(value);
}
