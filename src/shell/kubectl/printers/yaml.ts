import type { Json } from '../../../sim/api/object.ts';
import { sortedKeys } from './json.ts';

const RESERVED = new Set(
  [
    '',
    '~',
    'null',
    'Null',
    'NULL',
    '<<',
    '=',
    '.nan',
    '.NaN',
    '.NAN',
    '.inf',
    '.Inf',
    '.INF',
    '+.inf',
    '+.Inf',
    '+.INF',
    '-.inf',
    '-.Inf',
    '-.INF',
  ]
    .concat(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])
    .concat(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']),
);
const INT = /^[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|[1-9]\d*|0)$/;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const BASE60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?\s*(Z|[-+]\d{1,2}(:\d{2})?)?)?$/;

/** Would a YAML 1.1 reader take the plain text for something else than a string? */
function resolvesElsewhere(text: string): boolean {
  if (RESERVED.has(text)) return true;
  if (!/^[-+.\d]/.test(text)) return false;
  const plain = text.replaceAll('_', '');
  return INT.test(plain) || FLOAT.test(plain) || BASE60.test(text) || TIMESTAMP.test(text);
}

interface Analysis {
  plain: boolean;
  single: boolean;
  block: boolean;
}

/** What styles the emitter of go-yaml allows for a scalar in block context. */
function analyze(text: string): Analysis {
  if (text === '') return { plain: true, single: true, block: false };
  const special = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff\t]/.test(
    text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, 'x'),
  );
  const breaks = /[\r\n\x85\u2028\u2029]/.test(text);
  const indicator =
    /^(---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:-](\s|$)/.test(text) ||
    /:(\s|$)/.test(text.slice(1)) ||
    /\s#/.test(text);
  const spaceBreak = / [\n\r]/.test(text);
  const breakSpace = /[\n\r] /.test(text);
  return {
    plain: !special && !breaks && !indicator && !/^[ \n]|[ \n]$/.test(text),
    single: !special && !spaceBreak && !breakSpace,
    block: !special && !spaceBreak && !text.endsWith(' '),
  };
}

const ESCAPES: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  let out = '';
  for (const ch of text) {
    const code = ch.codePointAt(0)!;
    if (ESCAPES[ch] !== undefined) out += ESCAPES[ch];
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
      out += `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (code === 0xfeff || code === 0xfffe || code === 0xffff) out += `\\u${code.toString(16).toUpperCase()}`;
    else out += ch;
  }
  return `"${out}"`;
}

function literal(text: string, indent: string): string {
  const lead = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line));
  return `|${lead}${chomp}\n${lines.join('\n')}`;
}

/** A scalar as go-yaml v2 writes it; `indent` is the indent of a block scalar's lines, none for keys. */
function scalar(text: string, indent: string | undefined): string {
  const allowed = analyze(text);
  if (text.includes('\n') && indent !== undefined && allowed.block) return literal(text, indent);
  if (text.includes('\n') || resolvesElsewhere(text)) return doubleQuoted(text);
  if (allowed.plain) return text;
  return allowed.single ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function inline(value: Json, indent: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return scalar(value, indent);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  return String(value);
}

function block(value: Json, indent: string): string {
  if (Array.isArray(value))
    return value.map((item) => `${indent}- ${nested(item, `${indent}  `).trimStart()}`).join('');
  return sortedKeys(value)
    .filter((key) => value[key] !== undefined)
    .map((key) => {
      const item = value[key];
      const label = `${indent}${scalar(key, undefined)}:`;
      if (item === null || typeof item !== 'object' || isEmpty(item))
        return `${label} ${inline(item, `${indent}  `)}\n`;
      return `${label}\n${block(item, Array.isArray(item) ? indent : `${indent}  `)}`;
    })
    .join('');
}

function nested(value: Json, indent: string): string {
  if (value === null || typeof value !== 'object' || isEmpty(value)) return `${inline(value, indent)}\n`;
  return block(value, indent);
}

/** YAML as sigs.k8s.io/yaml prints it: sorted keys, lists at the indent of their key, no folding. */
export function goYaml(value: Json): string {
  return nested(value, '');
}
