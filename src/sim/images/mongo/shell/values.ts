import type { Task } from '../../../process/task.ts';

/** Values of the shell that plain JavaScript does not have. */
export class ObjectId {
  constructor(readonly hex: string) {}
}

export class NumberLong {
  constructor(readonly value: number) {}
}

/** A function of the shell itself; it may talk to the server. */
export class HostFunction {
  constructor(
    readonly name: string,
    readonly call: (args: unknown[], self: unknown) => Task<unknown>,
  ) {}
}

/** An object of the shell whose members are computed, e.g. `db`. */
export interface HostObject {
  /** The member of that name, or undefined. */
  member(name: string): unknown;
  /** How the prompt prints it. */
  display(): string;
}

export function isHostObject(value: unknown): value is HostObject {
  return typeof value === 'object' && value !== null && 'member' in value && 'display' in value;
}

/** An error of the script, with the shell's own text after `uncaught exception: `. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  constructor(readonly value: unknown) {
    super(errorText(value));
  }
}

export class ShellErrorValue {
  constructor(
    readonly name: string,
    readonly message: string,
    readonly code?: number,
    readonly codeName?: string,
  ) {}
}

export function errorText(value: unknown): string {
  if (value instanceof ShellErrorValue) return `${value.name}: ${value.message}`;
  return typeof value === 'string' ? value : tojson(value);
}

export function throwError(message: string, code?: number, codeName?: string): never {
  throw new ScriptError(new ShellErrorValue('Error', message, code, codeName));
}

/** tojson of the 4.4 shell: indented by tabs, short objects on one line. */
export function tojson(value: unknown, oneLine?: boolean): string {
  const text = render(value, '', oneLine === true);
  return oneLine || (text.length < 80 && value !== null && typeof value === 'object')
    ? text.replace(/[\t\r\n]+/g, ' ')
    : text;
}

function render(value: unknown, indent: string, flat: boolean): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof ObjectId) return `ObjectId("${value.hex}")`;
  if (value instanceof NumberLong) return `NumberLong(${value.value})`;
  if (value instanceof Date) return `ISODate("${value.toISOString().replace('.000Z', 'Z')}")`;
  if (value instanceof RegExp) return String(value);
  if (isHostObject(value)) return value.display();
  if (value instanceof ShellErrorValue) return `${value.name}: ${value.message}`;
  const inner = `${indent}\t`;
  const gap = flat ? ' ' : `\n${inner}`;
  const end = flat ? ' ' : `\n${indent}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]';
    return `[${gap}${value.map((v) => render(v, inner, flat)).join(`,${gap}`)}${end}]`;
  }
  const fields = Object.entries(value).filter(([, v]) => !(v instanceof HostFunction) && typeof v !== 'function');
  if (fields.length === 0) return '{ }';
  const rows = fields.map(([k, v]) => `${JSON.stringify(k)} : ${render(v, inner, flat)}`);
  return `{${gap}${rows.join(`,${gap}`)}${end}}`;
}

/** Shell values to the plain data of the wire, and back. */
export function toWire(value: unknown): unknown {
  if (value instanceof ObjectId) return { $oid: value.hex };
  if (value instanceof NumberLong) return value.value;
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof RegExp) return { $regex: value.source, $options: value.flags };
  if (Array.isArray(value)) return value.map(toWire);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toWire(v)]));
  }
  return value;
}

export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (value !== null && typeof value === 'object') {
    const doc = value as Record<string, unknown>;
    if (typeof doc['$oid'] === 'string') return new ObjectId(doc['$oid']);
    if (typeof doc['$date'] === 'string') return new Date(doc['$date']);
    if (typeof doc['$binary'] === 'string') return uuidValue(doc['$binary']);
    return Object.fromEntries(Object.entries(doc).map(([k, v]) => [k, fromWire(v)]));
  }
  return value;
}

function uuidValue(hex: string): HostObject {
  const h = hex.padEnd(32, '0').slice(0, 32);
  const text = `UUID("${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}")`;
  return { member: () => undefined, display: () => text };
}
