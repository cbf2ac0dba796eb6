import { formatFloat, plainDecimal } from '../template/format.ts';
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
  type Value,
} from '../template/value.ts';

/** libyaml's best_width: a plain or quoted scalar is folded at the first blank beyond it. */
const WIDTH = 80;

interface Layout {
  width: number;
  /** How far lists stand in from the key above them. */
  listIndent: number;
  number: (value: number) => string;
}

/** YAML as sigs.k8s.io/yaml (go-yaml) writes it: sorted keys, lists not indented below their key. Ends with a newline. */
export function emitYaml(value: Value): string {
  return emit(value, { width: WIDTH, listIndent: 0, number: yamlNumber });
}

/** YAML as go-yaml's third version writes it with an indent of 2: nothing is folded, lists are indented. */
export function emitPrettyYaml(value: Value): string {
  const number = (n: number): string => (Number.isFinite(n) ? formatFloat(n) : yamlNumber(n));
  return emit(value, { width: Number.POSITIVE_INFINITY, listIndent: 2, number });
}

function emit(value: Value, layout: Layout): string {
  const out = new Emitter(layout);
  out.node(value, 0, 'top');
  return out.text;
}

class Emitter {
  constructor(readonly layout: Layout) {}
  text = '';
  #lineStart = 0;

  #write(text: string): void {
    this.text += text;
    const newline = text.lastIndexOf('\n');
    if (newline >= 0) this.#lineStart = this.text.length - (text.length - newline - 1);
  }

  get #column(): number {
    return [...this.text.slice(this.#lineStart)].length;
  }

  /** `indent` is the column of the enclosing block; `place` says what stands before the node on its line. */
  node(value: Value, indent: number, place: 'top' | 'value' | 'item'): void {
    if (value instanceof GoMap) {
      if (value.size === 0) this.#inline(isNilMap(value) ? 'null' : '{}', place);
      else this.#map(value, place === 'value' ? indent + 2 : indent, place);
      return;
    }
    if (Array.isArray(value)) {
      if (value.length === 0) this.#inline(isNilList(value) ? 'null' : '[]', place);
      else this.#list(value, place === 'value' ? indent + this.layout.listIndent : indent, place);
      return;
    }
    if (value instanceof GoObject) {
      this.node(fromJson(value.toJson()), indent, place);
      return;
    }
    if (isFunction(value)) throw new FunctionError('json: unsupported type: func');
    if (place === 'value') this.#write(' ');
    this.#scalar(value, place === 'item' ? indent : place === 'top' ? 2 : indent + 2);
    if (!this.text.endsWith('\n')) this.#write('\n');
  }

  #inline(text: string, place: string): void {
    this.#write(`${place === 'value' ? ' ' : ''}${text}\n`);
  }

  #map(map: GoMap, indent: number, place: string): void {
    if (place === 'value') this.#write('\n');
    const keys = [...map.keys()].sort(naturalCompare);
    keys.forEach((key, i) => {
      if (i > 0 || place !== 'item') this.#write(' '.repeat(indent));
      this.#key(key);
      this.#write(':');
      this.node(map.get(key), indent, 'value');
    });
  }

  #key(key: string): void {
    const style = styleOf(key);
    if (style === 'plain') this.#write(key);
    else if (style === 'single') this.#write(`'${key.replace(/'/g, "''")}'`);
    else this.#write(doubleQuoted(key));
  }

  #list(list: Value[], indent: number, place: string): void {
    if (place === 'value') this.#write('\n');
    list.forEach((item, i) => {
      if (i > 0 || place !== 'item') this.#write(' '.repeat(indent));
      this.#write('- ');
      this.node(item, indent + 2, 'item');
    });
  }

  #scalar(value: Value, indent: number): void {
    if (typeof value === 'string') this.#string(value, indent);
    else if (value === null || value === undefined) this.#write('null');
    else if (typeof value === 'boolean') this.#write(String(value));
    else if (isInt(value)) this.#write(intOf(value).toString());
    else this.#write(typeof value === 'number' ? this.layout.number(value) : '{}');
  }

  #string(value: string, indent: number): void {
    const style = styleOf(value);
    if (style === 'literal') this.#literal(value, indent);
    else if (style === 'plain') this.#folded(value, indent, (ch) => ch, false);
    else if (style === 'single') {
      this.#write("'");
      this.#folded(value, indent, (ch) => (ch === "'" ? "''" : ch), true);
      this.#write("'");
    } else {
      this.#write('"');
      this.#doubleFolded(value, indent);
      this.#write('"');
    }
  }

  #folded(value: string, indent: number, written: (ch: string) => string, quoted: boolean): void {
    let spaces = false;
    const chars = [...value];
    chars.forEach((ch, i) => {
      if (ch !== ' ') {
        spaces = false;
        this.#write(written(ch));
        return;
      }
      const inner = !quoted || (i > 0 && i < chars.length - 1);
      if (!spaces && this.#column > this.layout.width && inner && chars[i + 1] !== ' ')
        this.#write(`\n${' '.repeat(indent)}`);
      else this.#write(' ');
      spaces = true;
    });
  }

  #doubleFolded(value: string, indent: number): void {
    let spaces = false;
    const chars = [...value];
    chars.forEach((ch, i) => {
      if (ch !== ' ') {
        spaces = false;
        this.#write(escapeChar(ch));
        return;
      }
      if (!spaces && this.#column > this.layout.width && i > 0 && i < chars.length - 1) {
        this.#write(`\n${' '.repeat(indent)}${chars[i + 1] === ' ' ? '\\' : ''}`);
      } else this.#write(' ');
      spaces = true;
    });
  }

  #literal(value: string, indent: number): void {
    const hint = /^[ \n]/.test(value) ? '2' : '';
    const chomp = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : '';
    this.#write(`|${hint}${chomp}\n`);
    const lines = value.split('\n');
    if (value.endsWith('\n')) lines.pop();
    for (const line of lines) this.#write(line === '' ? '\n' : `${' '.repeat(indent)}${line}\n`);
  }
}

/** Whole numbers are written in full up to 1e21, as their detour over JSON makes them integers. */
export function yamlNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return plainDecimal(value).replace(/^-0$/, '0');
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return formatFloat(value);
}

const RESERVED =
  /^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const NUMBER = /^[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$/;
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d{2}:\d{2})?)?$/;

/** What go-yaml writes as it is: nothing beyond the basic plane. */
function isPrintable(code: number): boolean {
  if (code < 0xa0) return code >= 0x20 && code <= 0x7e;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff);
}

/** Whether a reader would take the plain text for something else than a string. */
function resolvesToOther(text: string): boolean {
  if (text === '' || RESERVED.test(text) || TIMESTAMP.test(text) || SEXAGESIMAL.test(text)) return true;
  return /^[-+.0-9]/.test(text) && NUMBER.test(text.replace(/_/g, ''));
}

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(text: string): Style {
  const seen = analyze(text);
  if (text.includes('\n')) {
    const literal = !seen.trailingSpace && !seen.spaceBreak && !seen.special;
    return literal ? 'literal' : 'double';
  }
  if (resolvesToOther(text)) return 'double';
  if (!seen.indicators && !seen.leadingSpace && !seen.trailingSpace && !seen.special) return 'plain';
  return seen.special ? 'double' : 'single';
}

interface Analysis {
  indicators: boolean;
  special: boolean;
  leadingSpace: boolean;
  trailingSpace: boolean;
  spaceBreak: boolean;
}

/** What libyaml's yaml_emitter_analyze_scalar looks for. */
function analyze(text: string): Analysis {
  const first = text[0] ?? '';
  const blankAfter = (i: number): boolean => i + 1 >= text.length || ' \t\n'.includes(text[i + 1] ?? ' ');
  let indicators = text.startsWith('---') || text.startsWith('...');
  indicators ||= '#,[]{}&*!|>\'"%@`'.includes(first) && first !== '';
  indicators ||= '-?:'.includes(first) && first !== '' && blankAfter(0);
  for (let i = 1; i < text.length && !indicators; i++) {
    if (text[i] === ':' && blankAfter(i)) indicators = true;
    if (text[i] === '#' && ' \t\n'.includes(text[i - 1] ?? '')) indicators = true;
  }
  const special = [...text].some((ch) => ch !== '\n' && !isPrintable(ch.codePointAt(0) ?? 0));
  return {
    indicators,
    special,
    leadingSpace: text.startsWith(' '),
    trailingSpace: text.endsWith(' '),
    spaceBreak: / \n/.test(text),
  };
}

const ESCAPES: Record<string, string> = {
  '\u0000': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escapeChar(ch: string): string {
  const code = ch.codePointAt(0) ?? 0;
  if (ESCAPES[ch]) return ESCAPES[ch];
  if (isPrintable(code)) return ch;
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

function doubleQuoted(text: string): string {
  return `"${[...text].map(escapeChar).join('')}"`;
}

/** go-yaml's order of keys: digits by their number, letters after other characters. */
export function naturalCompare(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  const letter = (ch: string): boolean => /\p{L}/u.test(ch);
  const digit = (ch: string | undefined): boolean => ch !== undefined && /[0-9]/.test(ch);
  let digits = false;
  for (let i = 0; i < x.length && i < y.length; i++) {
    const p = x[i] ?? '';
    const q = y[i] ?? '';
    if (p === q) {
      digits = digit(p);
      continue;
    }
    if (letter(p) && letter(q)) return p < q ? -1 : 1;
    if (letter(p) || letter(q)) return (digits ? letter(p) : letter(q)) ? -1 : 1;
    const run = (chars: string[]): string => /^[0-9]*/.exec(chars.slice(i).join(''))?.[0] ?? '';
    const [m, n] = [run(x), run(y)];
    const lead = (p === '0' || q === '0') && digit(x[i - 1]) && x[i - 1] !== '0' ? '1' : '';
    const difference = Number(lead + m || 0) - Number(lead + n || 0);
    if (difference !== 0) return difference;
    if (m.length !== n.length) return m.length - n.length;
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
