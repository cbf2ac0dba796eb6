import { parse } from 'just-bash';
import type { Script } from './ast.ts';
import { type Shell, ShellError } from './shell.ts';
import { prepared } from './source.ts';

const cache = new Map<string, Script>();
const CACHE_MAX = 500;

/** Parses a script; syntax errors come as the shell words them. */
export function parseScript(sh: Shell, text: string): Script {
  const known = cache.get(text);
  if (known) return known;
  let script: Script;
  try {
    script = parse(prepared(text));
    if (sh.flavor === 'bash') checkPipelines(script, text);
  } catch (error) {
    const words = syntaxError(sh, error instanceof Error ? error.message : String(error), text);
    // bash blames the line after the last one
    if (words.endsWith('unexpected end of file') && sh.flavor === 'bash') sh.line = text.split('\n').length + 1;
    const at = (error as { line?: number }).line ?? 1;
    const shown = sh.flavor === 'bash' && words.startsWith('syntax error near') ? quotedLine(text, at) : '';
    if (shown) sh.line = sh.line > 1 ? sh.line : at;
    throw new ShellError(words + shown, 2);
  }
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value as string);
  cache.set(text, script);
  return script;
}

/** A here-document that has not met its delimiter, or a line that ends in a backslash. */
export function isUnfinished(script: Script, text: string): boolean {
  return JSON.stringify(script).includes('"terminated":false') || text.endsWith('\\\n');
}

/** bash shows the line that it could not read, after the complaint. */
function quotedLine(text: string, line: number): string {
  return `\n\`${text.split('\n')[line - 1] ?? ''}'`;
}

/** The parser lets nothing stand between two bars; and a stray token needs its line for the complaint. */
function checkPipelines(script: Script, text: string): void {
  for (const statement of script.statements) {
    if (statement.deferredError) statement.sourceText = quotedLine(text, text.split('\n').length === 1 ? 1 : 0);
    for (const { commands } of statement.pipelines) {
      const empty = commands.findIndex(
        (command) =>
          command.type === 'SimpleCommand' &&
          !command.name &&
          command.assignments.length === 0 &&
          command.redirections.length === 0,
      );
      if (commands.length < 2 || empty < 0) continue;
      const last = empty === commands.length - 1;
      throw new Error(last ? 'Expected command, got EOF' : "syntax error near unexpected token `|'");
    }
  }
}

/** What the parser calls by name and shells by sign. */
const SIGNS: Record<string, string> = { rbrace: '}', rparen: ')' };

/** `Expected THEN, got EOF` and the like, in ash's, dash's and bash's words. */
function syntaxError(sh: Shell, message: string, text: string): string {
  const fraction = /(\d+)(\.\d[^\s.)]*)/.exec(text);
  if (fraction && message.includes('invalid arithmetic operator'))
    return `${fraction[0]}: syntax error: invalid arithmetic operator (error token is "${fraction[2]}")`;
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
