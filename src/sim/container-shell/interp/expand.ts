import type { Task } from '../../process/task.ts';
import { integer } from './arith.ts';
import type { ParameterExpansion, Word, WordPart } from './ast.ts';
import { shopt } from './builtins-bash.ts';
import { expandGlob } from './glob.ts';
import { parameterSegments } from './parameter.ts';
import { parseScript } from './parse.ts';
import { hasGlob, type PatternChar } from './pattern.ts';
import { captureScript } from './run.ts';
import { type Shell, ShellError } from './shell.ts';
import { substitutionFile } from './substitution.ts';

/** A piece of an expanded word; `break` separates the fields that `"$@"` makes. */
export type Segment = { text: string; quoted: boolean; split: boolean } | 'break';

export function quoted(text: string): Segment {
  return { text, quoted: true, split: false };
}

/** Fields of a word: all expansions, field splitting, pathname expansion, quote removal. */
export function* expandWord(sh: Shell, word: Word): Task<string[]> {
  const fast = word.parts.length === 1 ? word.parts[0] : undefined;
  if (fast?.type === 'Literal' || fast?.type === 'SingleQuoted') return [fast.value];
  const out: string[] = [];
  for (const alternative of braceAlternatives(sh, word)) {
    const fields = split(sh, yield* segmentsOf(sh, alternative.parts, false));
    for (const field of fields) {
      const found = hasGlob(field) && !sh.options.has('f') ? expandGlob(sh, field) : undefined;
      if (found) out.push(...found);
      else if (hasGlob(field) && shopt(sh, 'failglob')) throw new ShellError(`no match: ${join(field)}`, 1);
      else if (!hasGlob(field) || !shopt(sh, 'nullglob')) out.push(join(field));
    }
  }
  return out;
}

export function* expandWords(sh: Shell, words: readonly Word[]): Task<string[]> {
  const out: string[] = [];
  for (const word of words) out.push(...(yield* expandWord(sh, word)));
  return out;
}

/** One string: no splitting, no pathname expansion (assignments, redirections, case). */
export function* expandSingle(sh: Shell, word: Word): Task<string> {
  return (yield* segmentsOf(sh, word.parts, false))
    .map((segment) => (segment === 'break' ? ' ' : segment.text))
    .join('');
}

/** A pattern: quoted characters stand for themselves. */
export function* expandPattern(sh: Shell, word: Word): Task<PatternChar[]> {
  const out: PatternChar[] = [];
  for (const segment of yield* segmentsOf(sh, word.parts, false)) {
    if (segment !== 'break') for (const char of segment.text) out.push({ text: char, quoted: segment.quoted });
  }
  return out;
}

/** Expands source text such as `${x:-1}` to one string. */
export function* expandText(sh: Shell, source: string): Task<string> {
  const command = parseScript(sh, `: "${source}"`).statements[0]?.pipelines[0]?.commands[0];
  const word = command?.type === 'SimpleCommand' ? command.args[0] : undefined;
  return word ? yield* expandSingle(sh, word) : '';
}

export function* segmentsOf(sh: Shell, parts: readonly WordPart[], inQuotes: boolean): Task<Segment[]> {
  const out: Segment[] = [];
  for (const part of parts) out.push(...(yield* partSegments(sh, part, inQuotes)));
  return out;
}

function* partSegments(sh: Shell, part: WordPart, inQuotes: boolean): Task<Segment[]> {
  switch (part.type) {
    case 'Literal':
      return [{ text: part.value, quoted: inQuotes, split: false }];
    case 'SingleQuoted':
    case 'Escaped':
      return [quoted(part.value)];
    case 'DoubleQuoted': {
      if (part.parts.length === 1 && isAllParameters(part.parts[0])) {
        return yield* parameterSegments(sh, part.parts[0] as ParameterExpansion, true);
      }
      return [quoted(''), ...(yield* segmentsOf(sh, part.parts, true))];
    }
    case 'ParameterExpansion':
      return yield* parameterSegments(sh, part, inQuotes);
    case 'CommandSubstitution': {
      const text = withoutNul(sh, yield* captureScript(sh, part.body)).replace(/\n+$/, '');
      return [{ text, quoted: inQuotes, split: !inQuotes }];
    }
    case 'ArithmeticExpansion': {
      const text = String(yield* integer(sh, part.expression));
      return [{ text, quoted: inQuotes, split: !inQuotes }];
    }
    case 'TildeExpansion':
      return [quoted(part.user === null ? (sh.get('HOME') ?? '~') : part.user === 'root' ? '/root' : `~${part.user}`)];
    case 'Glob':
      return [{ text: part.pattern, quoted: inQuotes, split: false }];
    case 'BraceExpansion':
      return [{ text: braceText(part), quoted: inQuotes, split: false }];
    default:
      if (sh.flavor !== 'bash') throw new ShellError('syntax error: unexpected "("', 2);
      return [{ text: yield* substitutionFile(sh, part), quoted: inQuotes, split: false }];
  }
}

function isAllParameters(part: WordPart | undefined): boolean {
  return part?.type === 'ParameterExpansion' && (part.parameter === '@' || part.parameter.endsWith('[@]'));
}

/** Bash expands `{a,b}` and `{1..3}`; ash and dash take them as text. */
function braceAlternatives(sh: Shell, word: Word): Word[] {
  const at = sh.flavor === 'bash' ? word.parts.findIndex((part) => part.type === 'BraceExpansion') : -1;
  if (at < 0) return [word];
  if (alternatives(word) > BRACES_MAX) throw new ShellError('brace expansion: too many elements', 1);
  const part = word.parts[at] as Extract<WordPart, { type: 'BraceExpansion' }>;
  const before = word.parts.slice(0, at);
  const after = word.parts.slice(at + 1);
  return part.items
    .flatMap((item): WordPart[][] =>
      item.type === 'Word' ? [item.word.parts] : range(item).map((text) => [literal(text)]),
    )
    .flatMap((middle) => braceAlternatives(sh, { ...word, parts: [...before, ...middle, ...after] }));
}

const BRACES_MAX = 100_000;

/** How many words the braces of a word make. */
function alternatives(word: Word): number {
  let count = 1;
  for (const part of word.parts) {
    if (part.type !== 'BraceExpansion') continue;
    count *= part.items.reduce((sum, item) => sum + (item.type === 'Word' ? alternatives(item.word) : size(item)), 0);
  }
  return count;
}

function size({ start, end, step = 1 }: Extract<BraceItem, { type: 'Range' }>): number {
  const at = (edge: string | number): number => (typeof edge === 'number' ? edge : edge.charCodeAt(0));
  return Math.floor(Math.abs(at(end) - at(start)) / Math.max(1, Math.abs(step))) + 1;
}

function literal(value: string): WordPart {
  return { type: 'Literal', value };
}

type BraceItem = Extract<WordPart, { type: 'BraceExpansion' }>['items'][number];

function range(item: Extract<BraceItem, { type: 'Range' }>): string[] {
  const numeric = typeof item.start === 'number' && typeof item.end === 'number';
  const start = numeric ? (item.start as number) : String(item.start).charCodeAt(0);
  const end = numeric ? (item.end as number) : String(item.end).charCodeAt(0);
  const step = Math.max(1, Math.abs(item.step ?? 1)) * (end < start ? -1 : 1);
  const width = /^-?0\d/.test(item.startStr ?? '') ? (item.startStr ?? '').length : 0;
  const out: string[] = [];
  for (let i = start; step > 0 ? i <= end : i >= end; i += step) {
    out.push(numeric ? String(i).padStart(width, '0') : String.fromCharCode(i));
    if (out.length > 100_000) throw new ShellError('brace expansion: too many elements', 1);
  }
  return out;
}

function braceText(part: Extract<WordPart, { type: 'BraceExpansion' }>): string {
  const items = part.items.map((item) =>
    item.type === 'Range'
      ? `${item.startStr ?? item.start}..${item.endStr ?? item.end}${item.step === undefined ? '' : `..${item.step}`}`
      : item.word.parts.map((inner) => ('value' in inner ? inner.value : '')).join(''),
  );
  return `{${items.join(',')}}`;
}

/** Field splitting by IFS; each field is a list of characters that remember whether they were quoted. */
function split(sh: Shell, segments: readonly Segment[]): PatternChar[][] {
  const ifs = sh.get('IFS') ?? ' \t\n';
  const fields: PatternChar[][] = [];
  let current: PatternChar[] | undefined;
  const end = (): void => {
    if (current) fields.push(current);
    current = undefined;
  };
  for (const segment of segments) {
    if (segment === 'break') {
      end();
      continue;
    }
    if (segment.quoted) current ??= [];
    for (const char of segment.text) {
      if (segment.split && ifs.includes(char)) {
        if (!/\s/.test(char)) current ??= [];
        end();
      } else {
        current ??= [];
        current.push({ text: char, quoted: segment.quoted });
      }
    }
  }
  end();
  return fields;
}

function join(field: readonly PatternChar[]): string {
  let text = '';
  for (const char of field) text += char.text;
  return text;
}

/** No variable holds a NUL: they are dropped, and bash says so. */
function withoutNul(sh: Shell, text: string): string {
  if (!text.includes('\0')) return text;
  if (sh.flavor === 'bash') sh.complain('warning: command substitution: ignored null byte in input');
  return text.replaceAll('\0', '');
}
