import { parse } from 'just-bash';
import { charOf, joined } from '../../../core/bytes.ts';
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
    script = parse(withBytes(text));
    if (sh.flavor === 'bash') checkPipelines(script, text);
  } catch (error) {
    const words = syntaxError(sh, error instanceof Error ? error.message : String(error));
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

const NUMBERED = /\\x[89a-fA-F][0-9a-fA-F]|\\[23][0-7]{2}/;

/** In `$'…'` the numbers of bytes from 128 on are bytes; the parser would make characters of them. */
function withBytes(text: string): string {
  if (!text.includes("$'") || !NUMBERED.test(text)) return text;
  const token = /\\[\s\S]|\$'((?:[^'\\]|\\[\s\S])*)'|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|[\s\S]/g;
  return text.replace(token, (whole, inner: string | undefined) => {
    if (inner === undefined) return whole;
    const plain = inner.replace(/\\(?:x([0-9a-fA-F]{1,2})|([0-7]{3})|[\s\S])/g, (one, hex?: string, octal?: string) => {
      const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
      return code >= 0x80 && code < 0x100 ? charOf(code) : one;
    });
    return `$'${joined(plain)}'`;
  });
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
