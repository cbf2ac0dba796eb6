import { beyond } from './values.ts';

export interface Token {
  kind: 'name' | 'word' | 'integer' | 'float' | 'string' | 'symbol' | 'end';
  text: string;
}

const WORDS = new Set(
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);
const SPACE = /(?:\s+|--\[\[[\s\S]*?\]\]|--(?!\[=*\[)[^\n]*)*/y;
const TOKEN =
  /([A-Za-z_]\w*)|(0[xX][\da-fA-F]{1,12}(?![\w.]))|((?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)|(\d{1,15}(?![\w.]))|("(?:[^"\\\n]|\\[nt"'\\])*"|'(?:[^'\\\n]|\\[nt"'\\])*')|(\.\.\.|\.\.|==|~=|<=|>=|\/\/|[-+*/%^#<>=(){}[\];:,.])/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t' };

/** The script's words. What this Lua does not read (long strings, rarer escapes and operators, text beyond ASCII) is {@link Beyond} it. */
export function tokensOf(source: string): Token[] {
  if (/[^\x00-\x7f]/.test(source)) beyond('text beyond ASCII');
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(source)?.[0].length ?? 0;
    if (at === source.length) break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) beyond(`a word at ${at}`);
    at = TOKEN.lastIndex;
    tokens.push(tokenOf(match));
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

function tokenOf([, word, hex, float, integer, quoted, symbol]: RegExpExecArray): Token {
  if (word !== undefined) return { kind: WORDS.has(word) ? 'word' : 'name', text: word };
  if (hex !== undefined) return { kind: 'integer', text: hex };
  if (float !== undefined) return { kind: 'float', text: float };
  if (integer !== undefined) return { kind: 'integer', text: integer };
  if (quoted !== undefined) {
    return { kind: 'string', text: quoted.slice(1, -1).replace(/\\(.)/g, (_, ch: string) => ESCAPES[ch] ?? ch) };
  }
  return { kind: 'symbol', text: symbol as string };
}
