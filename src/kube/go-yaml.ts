import type { Json } from './object.ts';

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

function doubleQuotedUnits(text: string): string[] {
  return [...text].map((ch) => {
    const code = ch.codePointAt(0)!;
    if (ESCAPES[ch] !== undefined) return ESCAPES[ch];
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
    if (code === 0xfeff || code === 0xfffe || code === 0xffff) return `\\u${code.toString(16).toUpperCase()}`;
    return ch;
  });
}

/** Where a value stands: the column its text begins at and the indent of its further lines. */
interface Place {
  column: number;
  indent: string;
}

const WIDTH = 80;

/** Joins units, breaking lines at single blanks beyond column 80 as go-yaml does; keys (no place) are never broken. */
function fold(units: string[], quote: string, place: Place | undefined): string {
  let out = quote;
  let column = (place?.column ?? 0) + quote.length;
  let afterSpace = false;
  for (const [at, unit] of units.entries()) {
    const nextSpace = units[at + 1] === ' ';
    const inside = quote === '' || (at > 0 && at < units.length - 1);
    const breakable = place && unit === ' ' && !afterSpace && column > WIDTH && inside && (quote === '"' || !nextSpace);
    if (breakable) {
      out += `\n${place.indent}${quote === '"' && nextSpace ? '\\' : ''}`;
      column = place.indent.length;
    } else {
      out += unit;
      column += unit.length;
    }
    afterSpace = unit === ' ';
  }
  return out + quote;
}

function literal(text: string, indent: string): string {
  const lead = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line));
  return `|${lead}${chomp}\n${lines.join('\n')}`;
}

/** A scalar as go-yaml writes it; keys have no place. */
function scalar(text: string, place: Place | undefined): string {
  const allowed = analyze(text);
  if (text.includes('\n') && place && allowed.block) return literal(text, place.indent);
  if (text.includes('\n') || resolvesElsewhere(text)) return fold(doubleQuotedUnits(text), '"', place);
  if (allowed.plain) return fold([...text], '', place);
  if (!allowed.single) return fold(doubleQuotedUnits(text), '"', place);
  return fold(
    [...text].map((ch) => (ch === "'" ? "''" : ch)),
    "'",
    place,
  );
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function inline(value: Json, place: Place): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return scalar(value, place);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  return String(value);
}

function block(value: Json, indent: string): string {
  if (Array.isArray(value))
    return value.map((item) => `${indent}- ${nested(item, `${indent}  `).trimStart()}`).join('');
  return Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => {
      const item = value[key];
      const label = `${indent}${scalar(key, undefined)}:`;
      if (item === null || typeof item !== 'object' || isEmpty(item))
        return `${label} ${inline(item, { column: label.length + 1, indent: `${indent}  ` })}\n`;
      return `${label}\n${block(item, Array.isArray(item) ? indent : `${indent}  `)}`;
    })
    .join('');
}

function nested(value: Json, indent: string): string {
  if (value === null || typeof value !== 'object' || isEmpty(value))
    return `${inline(value, { column: indent.length, indent })}\n`;
  return block(value, indent);
}

/** YAML as sigs.k8s.io/yaml prints it: sorted keys, lists at the indent of their key, long text folded. */
export function goYaml(value: Json): string {
  return nested(value, '');
}
