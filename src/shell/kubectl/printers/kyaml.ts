import type { Json } from '../../../kube/object.ts';
import { sortedKeys } from './json.ts';

/** A key that YAML could read as something else stands in quotes. */
const PLAIN_KEY = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][\w./-]*$/i;

function scalar(text: string, indent: string): string {
  const escaped = (part: string): string => JSON.stringify(part).slice(1, -1);
  const lines = text.split('\n');
  if (lines.length < 2) return JSON.stringify(text);
  // a text of several lines is folded with escapes, one source line for each of its own
  const rows = lines.map((line, at) => {
    const last = at === lines.length - 1;
    const lead = /^\s/.test(line) ? '\\' : ' ';
    return line === '' && last ? '' : `${indent} ${lead}${escaped(line)}${last ? '\\' : '\\n\\'}\n`;
  });
  return `"\\\n${rows.join('')}${indent}"`;
}

type Keys = (value: Json) => string[];

function render(value: Json, indent: string, keysOf: Keys): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return scalar(value, indent);
  if (typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    if (value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item)))
      return `[${value.map((item) => render(item, indent, keysOf)).join(', ')}]`;
    return `[\n${value.map((item) => `${inner}${render(item, inner, keysOf)},\n`).join('')}${indent}]`;
  }
  const keys = keysOf(value).filter((key) => value[key] !== undefined);
  if (keys.length === 0) return '{}';
  const rows = keys.map((key) => {
    const name = PLAIN_KEY.test(key) ? key : JSON.stringify(key);
    return `${inner}${name}: ${render(value[key], inner, keysOf)},\n`;
  });
  return `{\n${rows.join('')}${indent}}`;
}

/** KYAML, the YAML of braces and quotes that kubectl 1.34 brought: each document under its own `---`. */
export function kyaml(value: Json, keysOf: Keys = sortedKeys): string {
  return `---\n${render(value, '', keysOf)}\n`;
}
