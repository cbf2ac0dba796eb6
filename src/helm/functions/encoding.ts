import { createHash } from 'node:crypto';
import { bytesOf, textOf } from '../../core/bytes.ts';
import { formatFloat } from '../template/format.ts';
import {
  FunctionError,
  fromJson,
  GoMap,
  GoObject,
  intOf,
  isFunction,
  isInt,
  isNilList,
  isNilMap,
  sortedKeys,
  type Value,
} from '../template/value.ts';
import { emitPrettyYaml, emitYaml } from '../yaml/emit.ts';
import { yamlToValue } from '../yaml/parse.ts';
import { decodeBase, encodeBase32 } from './base-codes.ts';
import { GO_TYPES, jsonKind, parseGoJson, parseGoJsonAs } from './go-json.ts';
import { parseVersion, semverCompare } from './semver.ts';
import { type FunctionTable, fail, fn } from './table.ts';
import { readToml, writeToml } from './toml.ts';
import { urlJoin, urlParse } from './url.ts';

/** encoding/json: sorted keys, `<`, `>`, `&` escaped unless `raw`. */
export function marshalJson(value: Value, raw = false, space = ''): string {
  return write(value, raw, space, '');
}

function write(value: Value, raw: boolean, space: string, lead: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return jsonString(value, raw);
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return intOf(value).toString();
  if (typeof value === 'number') return jsonNumber(value);
  if (isFunction(value)) return fail('json: unsupported type: func');
  if (value instanceof GoObject) return write(fromJson(value.toJson()), raw, space, lead);
  const inner = lead + space;
  const [open, sep, close] = space ? [`\n${inner}`, `,\n${inner}`, `\n${lead}`] : ['', ',', ''];
  if (Array.isArray(value)) {
    if (isNilList(value)) return 'null';
    if (value.length === 0) return '[]';
    return `[${open}${value.map((item) => write(item, raw, space, inner)).join(sep)}${close}]`;
  }
  if (value instanceof GoMap && isNilMap(value)) return 'null';
  if (!(value instanceof GoMap) || value.size === 0) return '{}';
  const colon = space ? ': ' : ':';
  const items = sortedKeys(value).map((key) => jsonString(key, raw) + colon + write(value.get(key), raw, space, inner));
  return `{${open}${items.join(sep)}${close}}`;
}

/** Numbers from 1e-6 below 1e21 are written without an exponent. */
function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return fail(`json: unsupported value: ${formatFloat(value)}`);
  const abs = Math.abs(value);
  if (abs !== 0 && abs < 1e-6) return formatFloat(value).replace(/e-0(\d)$/, 'e-$1');
  return formatFloat(value, 21, -7).replace(/e([+-])0(\d)$/, 'e$1$2');
}

function jsonString(value: string, raw: boolean): string {
  const json = JSON.stringify(value).replace(/[\u2028\u2029]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16)}`);
  if (raw) return json;
  return json.replace(/[<>&]/g, (ch) => `\\u00${ch.charCodeAt(0).toString(16)}`);
}

/** Helm's fromX functions put an error into the result instead of failing. */
function orErrorMap(parse: () => Value | undefined): Value {
  try {
    return parse() ?? new GoMap();
  } catch (error) {
    return new GoMap().set('Error', (error as Error).message);
  }
}

function orErrorList(parse: () => Value | undefined): Value {
  try {
    return parse() ?? [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** A YAML document that must be a map or a list. */
function yamlAs(text: string, target: 'map' | 'list'): Value | undefined {
  const value = yamlToValue(text);
  if (value === null) return undefined;
  const kind = Array.isArray(value) ? 'list' : value instanceof GoMap ? 'map' : '';
  if (kind === target) return value;
  return fail(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type ${GO_TYPES[target]}`,
  );
}

/** What a failed Marshal leaves of a value: nothing. */
function orNothing(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof FunctionError) return '';
    throw error;
  }
}

function orMessage(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof FunctionError) return error.message;
    throw error;
  }
}

const toYaml = (value: Value): string => emitYaml(value).replace(/\n$/, '');

const hash = (name: string) => fn('string', (s: string) => createHash(name).update(bytesOf(s)).digest('hex'));

function adler32(value: string): string {
  let a = 1;
  let b = 0;
  for (const byte of bytesOf(value)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(((b << 16) | a) >>> 0);
}

const path = {
  base: (p: string): string => (p === '' ? '.' : (p.replace(/\/+$/, '').split('/').at(-1) ?? '') || '/'),
  dir: (p: string): string => clean(p.includes('/') ? p.slice(0, p.lastIndexOf('/') + 1) : ''),
  ext: (p: string): string => /\.[^./]*$/.exec(p)?.[0] ?? '',
};

function clean(p: string): string {
  const out: string[] = [];
  for (const part of p.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (part !== '..' || !p.startsWith('/')) out.push(part);
  }
  const joined = out.join('/');
  return p.startsWith('/') ? `/${joined}` : joined || '.';
}

const pathFunctions: FunctionTable = {
  base: fn('string', path.base),
  dir: fn('string', path.dir),
  ext: fn('string', path.ext),
  clean: fn('string', clean),
  isAbs: fn('string', (p: string) => p.startsWith('/')),
  osBase: fn('string', path.base),
  osDir: fn('string', path.dir),
  osExt: fn('string', path.ext),
  osClean: fn('string', clean),
  osIsAbs: fn('string', (p: string) => p.startsWith('/')),
};

export const encodingFunctions: FunctionTable = {
  ...pathFunctions,
  toYaml: fn('any', (value: Value) => orNothing(() => toYaml(value))),
  mustToYaml: fn('any', toYaml),
  toYamlPretty: fn('any', (value: Value) => emitPrettyYaml(value).replace(/\n$/, '')),
  fromYaml: fn('string', (s: string) => orErrorMap(() => yamlAs(s, 'map'))),
  fromYamlArray: fn('string', (s: string) => orErrorList(() => yamlAs(s, 'list'))),
  toJson: fn('any', (value: Value) => orNothing(() => marshalJson(value))),
  mustToJson: fn('any', (value: Value) => marshalJson(value)),
  toPrettyJson: fn('any', (value: Value) => orNothing(() => marshalJson(value, false, '  '))),
  mustToPrettyJson: fn('any', (value: Value) => marshalJson(value, false, '  ')),
  toRawJson: fn('any', (value: Value) => marshalJson(value, true)),
  mustToRawJson: fn('any', (value: Value) => marshalJson(value, true)),
  fromJson: fn('string', (s: string) => orErrorMap(() => parseGoJsonAs(s, 'map'))),
  mustFromJson: fn('string', parseGoJson),
  fromJsonArray: fn('string', (s: string) => orErrorList(() => parseGoJsonAs(s, 'list'))),
  toToml: fn('any', (value: Value) => orMessage(() => writeToml(value))),
  fromToml: fn('string', (s: string) => orErrorMap(() => readToml(s))),
  b64enc: fn('string', (s: string) => bytesOf(s).toString('base64')),
  b64dec: fn('string', (s: string) => orMessage(() => textOf(decodeBase(s, 64)))),
  b32enc: fn('string', encodeBase32),
  b32dec: fn('string', (s: string) => orMessage(() => textOf(decodeBase(s, 32)))),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: fn('string', adler32),
  semver: fn('string', parseVersion),
  semverCompare: fn('string string', semverCompare),
  urlParse: fn('string', urlParse),
  urlJoin: fn('map', urlJoin),
};
