import { parse } from 'just-bash';
import type { Script } from './ast.ts';
import { type Shell, ShellError } from './shell.ts';

const cache = new Map<string, Script>();
const CACHE_MAX = 500;

/** Parses a script; syntax errors come as the shell words them. */
export function parseScript(sh: Shell, text: string): Script {
  const known = cache.get(text);
  if (known) return known;
  let script: Script;
  try {
    script = parse(text);
  } catch (error) {
    const words = syntaxError(sh, error instanceof Error ? error.message : String(error));
    // bash blames the line after the last one
    if (words.endsWith('unexpected end of file') && sh.flavor === 'bash') sh.line = text.split('\n').length + 1;
    throw new ShellError(words, 2);
  }
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value as string);
  cache.set(text, script);
  return script;
}

/** What the parser calls by name and shells by sign. */
const SIGNS: Record<string, string> = { rbrace: '}', rparen: ')' };

/** `Expected THEN, got EOF` and the like, in ash's, dash's and bash's words. */
function syntaxError(sh: Shell, message: string): string {
  const named = /Expected (\w+)/i.exec(message)?.[1]?.toLowerCase();
  const expected = named === undefined ? undefined : (SIGNS[named] ?? named);
  const quote = /matching `?(.)'/.exec(message)?.[1];
  const token = /(?:got|unexpected token|near unexpected token) [`']?([^'\s]+)/i.exec(message)?.[1];
  if (quote === '"' || quote === "'") {
    if (sh.flavor === 'bash') return `unexpected EOF while looking for matching \`${quote}'`;
    return sh.flavor === 'dash'
      ? 'Syntax error: Unterminated quoted string'
      : 'syntax error: unterminated quoted string';
  }
  const atEnd = token === undefined || token === 'EOF';
  const hint = atEnd && expected && expected !== 'eof' ? ` (expecting "${expected}")` : '';
  if (sh.flavor === 'bash') {
    return atEnd ? 'syntax error: unexpected end of file' : `syntax error near unexpected token \`${token}'`;
  }
  if (sh.flavor === 'dash') {
    return atEnd ? `Syntax error: end of file unexpected${hint}` : `Syntax error: "${token}" unexpected`;
  }
  return atEnd ? `syntax error: unexpected end of file${hint}` : `syntax error: unexpected "${token}"`;
}
