import { createHash } from 'node:crypto';
import semver from 'semver';
import { formatFloat } from '../template/format.ts';
import { FunctionError, fromJson, GoMap, intOf, isFunction, isInt, sortedKeys, type Value } from '../template/value.ts';
import { emitYaml } from '../yaml/emit.ts';
import { yamlToValue } from '../yaml/parse.ts';
import { queryEscape } from './builtins.ts';
import { type FunctionTable, fail, fn, int64, text, unsupported } from './table.ts';

/** encoding/json: sorted keys, `<`, `>`, `&` escaped unless `raw`. */
export function marshalJson(value: Value, raw = false, space = ''): string {
  return write(value, raw, space, '');
}

function write(value: Value, raw: boolean, space: string, lead: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return jsonString(value, raw);
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return intOf(value).toString();
  if (typeof value === 'number') return formatFloat(value, 21).replace(/e([+-])0(\d)$/, 'e$1$2');
  if (isFunction(value)) return fail('json: unsupported type: func');
  const inner = lead + space;
  const [open, sep, close] = space ? [`\n${inner}`, `,\n${inner}`, `\n${lead}`] : ['', ',', ''];
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${open}${value.map((item) => write(item, raw, space, inner)).join(sep)}${close}]`;
  }
  if (!(value instanceof GoMap) || value.size === 0) return '{}';
  const colon = space ? ': ' : ':';
  const items = sortedKeys(value).map((key) => jsonString(key, raw) + colon + write(value.get(key), raw, space, inner));
  return `{${open}${items.join(sep)}${close}}`;
}

function jsonString(value: string, raw: boolean): string {
  const json = JSON.stringify(value).replace(/[\u2028\u2029]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16)}`);
  if (raw) return json;
  return json.replace(/[<>&]/g, (ch) => `\\u00${ch.charCodeAt(0).toString(16)}`);
}

function parseJson(value: string): Value {
  try {
    return fromJson(JSON.parse(value));
  } catch (error) {
    const { message } = error as Error;
    throw new FunctionError(message.slice(0, 1).toLowerCase() + message.slice(1));
  }
}

/** Helm's fromX functions put an error into the result instead of failing. */
function orErrorMap(parse: () => Value): Value {
  try {
    const value = parse();
    if (value === null) return new GoMap();
    return value instanceof GoMap
      ? value
      : fail('json: cannot unmarshal into Go value of type map[string]interface {}');
  } catch (error) {
    const map = new GoMap();
    map.set('Error', (error as Error).message);
    return map;
  }
}

function orErrorList(parse: () => Value): Value {
  try {
    const value = parse();
    if (value === null) return [];
    return Array.isArray(value) ? value : fail('json: cannot unmarshal object into Go value of type []interface {}');
  } catch (error) {
    return [(error as Error).message];
  }
}

const toYaml = (value: Value): string => emitYaml(value).replace(/\n$/, '');

function decode(value: string, pattern: RegExp, decoder: () => string, name: string): string {
  return pattern.test(value) ? decoder() : `illegal ${name} data at input byte ${value.search(/[^A-Za-z0-9+/=]/)}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(value: string): string {
  const bits = [...Buffer.from(value)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  const out = groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function unbase32(value: string): string {
  const bits = [...value.replace(/=+$/, '')].map((ch) => BASE32.indexOf(ch).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString();
}

/** RE2 has no look-around and no back references; the rest is written as in JavaScript but for inline flags. */
export function goRegex(source: string, flags = ''): RegExp {
  let body = source
    .replace(/\(\?P</g, '(?<')
    .replace(/\\z/g, '$')
    .replace(/\\A/g, '^')
    .replace(/\[\[:(\w+):\]\]/g, posix);
  const inline = /^\(\?([ims]+)\)/.exec(body);
  if (inline) body = body.slice(inline[0].length);
  try {
    return new RegExp(body, `u${flags}${inline?.[1] ?? ''}`);
  } catch {
    try {
      return new RegExp(body, `${flags}${inline?.[1] ?? ''}`);
    } catch {
      return fail(`error parsing regexp: invalid or unsupported: \`${source}\``);
    }
  }
}

const POSIX: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  space: '\\s',
  upper: 'A-Z',
  lower: 'a-z',
  word: '\\w',
};
const posix = (_: string, name: string): string => `[${POSIX[name] ?? ''}]`;

/** Go's replacement template: `$1`, `${1}`, `${name}`. */
function expand(template: string, groups: (string | undefined)[], named: Record<string, string> | undefined): string {
  return template.replace(/\$(\$|\{(\w+)\}|(\w+))/g, (_, all: string, braced?: string, bare?: string) => {
    if (all === '$') return '$';
    const name = braced ?? bare ?? '';
    return (/^\d+$/.test(name) ? groups[Number(name)] : named?.[name]) ?? '';
  });
}

function replaceAll(pattern: string, value: string, template: string, literal: boolean): string {
  return value.replace(goRegex(pattern, 'g'), (...args) => {
    if (literal) return template;
    const named = typeof args.at(-1) === 'object' ? args.at(-1) : undefined;
    const groups = args.slice(0, named ? -3 : -2) as string[];
    return expand(template, groups, named);
  });
}

function findAll(pattern: string, value: string, count: bigint): Value {
  const all = [...value.matchAll(goRegex(pattern, 'g'))].map((match) => match[0]);
  return count < 0n ? all : all.slice(0, Number(count));
}

function splitRegex(pattern: string, value: string, count: bigint): Value {
  const parts = value.split(goRegex(pattern));
  if (count < 0n || parts.length <= Number(count)) return parts;
  return parts.slice(0, Number(count));
}

function version(value: string): GoMap {
  const parsed =
    semver.parse(semver.coerce(value, { includePrerelease: true })?.version ?? '') ?? fail('invalid semantic version');
  const map = new GoMap();
  map.typeName = '*semver.Version';
  for (const part of ['major', 'minor', 'patch'] as const) {
    map.set(part[0]?.toUpperCase() + part.slice(1), int64(parsed[part]));
  }
  map.set('Prerelease', parsed.prerelease.join('.')).set('Metadata', parsed.build.join('.')).set('Original', value);
  return map;
}

/** Masterminds/semver: commas mean AND, a constraint without pre-release part ignores pre-releases. */
export function semverCompare(constraint: string, value: string): boolean {
  const cleaned = semver.parse(value.replace(/^v/, '')) ?? semver.coerce(value, { includePrerelease: true });
  if (!cleaned) return fail('invalid semantic version');
  const range = constraint
    .replace(/,/g, ' ')
    .replace(/(^|[^\d.])(\d+\.\d+)-/g, '$1$2.0-')
    .replace(/!=\s*(\S+)/g, (_, v: string) => `<${v} || >${v}`)
    .replace(/=</g, '<=')
    .replace(/=>/g, '>=');
  if (semver.validRange(range) === null) return fail(`improper constraint: ${constraint}`);
  return semver.satisfies(cleaned, range);
}

const hash = (name: string) => fn('string', (s: string) => createHash(name).update(s).digest('hex'));

function adler32(value: string): string {
  let a = 1;
  let b = 0;
  for (const byte of Buffer.from(value)) {
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

export const encodingFunctions: FunctionTable = {
  toYaml: fn('any', toYaml),
  mustToYaml: fn('any', toYaml),
  toYamlPretty: unsupported('toYamlPretty', 'it writes another style than toYaml'),
  fromYaml: fn('string', (s: string) => orErrorMap(() => yamlToValue(s))),
  fromYamlArray: fn('string', (s: string) => orErrorList(() => yamlToValue(s))),
  toJson: fn('any', (value: Value) => marshalJson(value)),
  mustToJson: fn('any', (value: Value) => marshalJson(value)),
  toPrettyJson: fn('any', (value: Value) => marshalJson(value, false, '  ')),
  mustToPrettyJson: fn('any', (value: Value) => marshalJson(value, false, '  ')),
  toRawJson: fn('any', (value: Value) => marshalJson(value, true)),
  mustToRawJson: fn('any', (value: Value) => marshalJson(value, true)),
  fromJson: fn('string', (s: string) => orErrorMap(() => parseJson(s))),
  mustFromJson: fn('string', parseJson),
  fromJsonArray: fn('string', (s: string) => orErrorList(() => parseJson(s))),
  toToml: unsupported('toToml', 'there is no TOML writer'),
  mustToToml: unsupported('mustToToml', 'there is no TOML writer'),
  fromToml: unsupported('fromToml', 'there is no TOML reader'),
  b64enc: fn('string', (s: string) => Buffer.from(s).toString('base64')),
  b64dec: fn('string', (s: string) =>
    decode(s, /^[A-Za-z0-9+/]*={0,2}$/, () => Buffer.from(s, 'base64').toString(), 'base64'),
  ),
  b32enc: fn('string', base32),
  b32dec: fn('string', unbase32),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: fn('string', adler32),
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
  regexMatch: fn('string string', (p: string, s: string) => goRegex(p).test(s)),
  mustRegexMatch: fn('string string', (p: string, s: string) => goRegex(p).test(s)),
  regexFind: fn('string string', (p: string, s: string) => goRegex(p).exec(s)?.[0] ?? ''),
  mustRegexFind: fn('string string', (p: string, s: string) => goRegex(p).exec(s)?.[0] ?? ''),
  regexFindAll: fn('string string int', findAll),
  mustRegexFindAll: fn('string string int', findAll),
  regexReplaceAll: fn('string string string', (p: string, s: string, r: string) => replaceAll(p, s, r, false)),
  mustRegexReplaceAll: fn('string string string', (p: string, s: string, r: string) => replaceAll(p, s, r, false)),
  regexReplaceAllLiteral: fn('string string string', (p: string, s: string, r: string) => replaceAll(p, s, r, true)),
  mustRegexReplaceAllLiteral: fn('string string string', (p: string, s: string, r: string) =>
    replaceAll(p, s, r, true),
  ),
  regexSplit: fn('string string int', splitRegex),
  mustRegexSplit: fn('string string int', splitRegex),
  regexQuoteMeta: fn('string', (s: string) => s.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
  semver: fn('string', version),
  semverCompare: fn('string string', semverCompare),
  urlParse: fn('string', urlParse),
  urlJoin: fn('map', urlJoin),
  derivePassword: unsupported('derivePassword', 'scrypt passwords are not made here'),
};

function urlParse(value: string): GoMap {
  const match = /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(
    value,
  );
  const [, scheme = '', userinfo = '', host = '', pathname = '', query = '', fragment = ''] = match ?? [];
  const map = new GoMap();
  map.set('scheme', scheme).set('host', host).set('hostname', host.replace(/:\d+$/, '')).set('path', pathname);
  return map.set('query', query).set('opaque', '').set('fragment', fragment).set('userinfo', userinfo);
}

function urlJoin(map: GoMap): string {
  const part = (name: string): string => text(map.get(name));
  const user = part('userinfo') ? `${part('userinfo')}@` : '';
  const scheme = part('scheme') ? `${part('scheme')}:` : '';
  const host = part('host') ? `//${user}${part('host')}` : '';
  const query = part('query') ? `?${part('query')}` : '';
  const fragment = part('fragment') ? `#${queryEscape(part('fragment'))}` : '';
  return scheme + host + part('path') + query + fragment;
}
