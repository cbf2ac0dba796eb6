import { safeEncode } from '../../../core/ids.ts';
import type { Json } from '../../../kube/object.ts';
import { canonicalQuantity, quantityParts } from '../../../kube/quantity.ts';
import dump from './pod-template-types.data.json' with { type: 'json' };

type Field = [name: string, json: string, type: string];
const types = dump.types as unknown as Record<string, Field[]>;

/** Go's zero metav1.Time as spew prints it. */
const ZERO_TIME = '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
const NO_DEC = 'd:(resource.infDecAmount){Dec:(*inf.Dec)<nil>}';

/**
 * `pod-template-hash` as upstream computes it: FNV-32a over the text that Go's spew prints of the v1.PodTemplateSpec, so
 * that names equal a real cluster's.
 */
export function podTemplateHash(template: Json, collisionCount?: number): string {
  let hash = fnv32a(`(v1.PodTemplateSpec)${print('v1.PodTemplateSpec', template)}`);
  if (collisionCount !== undefined) {
    for (let i = 0; i < 8; i++) {
      const byte = i < 4 ? (collisionCount >>> (8 * i)) & 0xff : 0;
      hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    }
  }
  return safeEncode(String(hash));
}

export function fnv32a(text: string): number {
  const bytes = new TextEncoder().encode(text);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}

/** FNV-32 (multiply first), which names controller revisions of stateful sets. */
export function fnv32(text: string): number {
  const bytes = new TextEncoder().encode(text);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash, 0x01000193) ^ (bytes[i] as number);
  return hash >>> 0;
}

/** A value of that Go type without its type prefix. */
function print(type: string, value: Json): string {
  if (type.startsWith('*')) return value === undefined || value === null ? '<nil>' : print(type.slice(1), value);
  if (type.startsWith('[]')) {
    if (!value?.length) return '<nil>';
    return `[${value.map((item: Json) => print(type.slice(2), item)).join(' ')}]`;
  }
  const map = type === 'v1.ResourceList' ? 'resource.Quantity' : /^map\[[\w.]+\](.*)$/.exec(type)?.[1];
  if (map) return printMap(map, value);
  if (type === 'resource.Quantity') return printQuantity(value);
  if (type === 'intstr.IntOrString') return printIntOrString(value);
  if (type === 'v1.Time') return ZERO_TIME;
  const fields = types[type];
  if (fields) return printStruct(fields, value);
  if (value !== undefined && value !== null) return String(value);
  return /^(int|uint|float)/.test(type) ? '0' : type === 'bool' ? 'false' : '';
}

function printStruct(fields: Field[], value: Json): string {
  const parts = fields.map(([name, json, type]) => {
    const inner = json ? value?.[json] : value;
    return `${name}:(${type})${print(type, inner)}`;
  });
  return `{${parts.join(' ')}}`;
}

function printMap(type: string, value: Json): string {
  const keys = Object.keys(value ?? {}).sort();
  if (!keys.length) return '<nil>';
  return `map[${keys.map((key) => `${key}:${print(type, value[key])}`).join(' ')}]`;
}

function printIntOrString(value: Json): string {
  const text = typeof value === 'string';
  return `{Type:(intstr.Type)${text ? 1 : 0} IntVal:(int32)${text ? 0 : (value ?? 0)} StrVal:(string)${text ? value : ''}}`;
}

/** The internal fields of a parsed quantity; `s` keeps the text only where upstream's parser does. */
function printQuantity(value: Json): string {
  const text = canonicalQuantity(String(value));
  const parsed = quantityParts(text);
  if (text === '0') return amount(0, 0, text, 'DecimalSI');
  if (parsed.format === 'BinarySI') {
    const whole = Number(parsed.whole);
    const keeps = parsed.exponent % 10 === 0 && (whole & 7) !== 0;
    return amount(whole * 2 ** parsed.exponent, 0, keeps ? text : '', parsed.format);
  }
  const digits = `${parsed.whole}${parsed.fraction}`;
  const scale = parsed.exponent - parsed.fraction.length;
  const keeps = scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
  return amount(parsed.sign * Number(digits), scale, keeps ? text : '', parsed.format);
}

function amount(value: number, scale: number, text: string, format: string): string {
  const i = `i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}}`;
  return `{${i} ${NO_DEC} s:(string)${text} Format:(resource.Format)${format}}`;
}
