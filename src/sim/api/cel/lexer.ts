/** What is wrong with an expression, in cel-go's words; `at` is the offset into its text. */
export class CelSyntaxError extends Error {
  override readonly name = 'CelSyntaxError';
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

export interface Token {
  type: 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'name' | 'sign' | 'end';
  text: string;
  at: number;
}

const SIGNS = [
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '<',
  '>',
  '!',
  '+',
  '-',
  '*',
  '/',
  '%',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  '.',
  ':',
  '?',
];
const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const NUMBER = /(?:0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+)[uU]?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const BLANK = /(?:\s|\/\/[^\n]*)+/y;
const STRING = /([rR]?[bB]?|[bB]?[rR]?)("""|'''|"|')/y;

/** Takes an expression of the Common Expression Language apart. Throws {@link CelSyntaxError}. */
export function tokenize(text: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const blank = match(BLANK);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const quoted = match(STRING);
    const name = quoted ? null : match(NAME);
    const number = quoted || name ? null : match(NUMBER);
    const start = at;
    if (quoted) {
      const { value, end } = readString(
        text,
        at + quoted[0].length,
        quoted[2] as string,
        /r/i.test(quoted[1] as string),
      );
      out.push({ type: /b/i.test(quoted[1] as string) ? 'bytes' : 'string', text: value, at: start });
      at = end;
    } else if (name) {
      out.push({ type: 'name', text: name[0], at });
      at += name[0].length;
    } else if (number) {
      out.push({ type: typeOfNumber(number[0]), text: number[0], at });
      at += number[0].length;
    } else {
      const sign = SIGNS.find((one) => text.startsWith(one, at));
      if (!sign) throw new CelSyntaxError(`Syntax error: token recognition error at: '${text.charAt(at)}'`, at);
      out.push({ type: 'sign', text: sign, at });
      at += sign.length;
    }
  }
  out.push({ type: 'end', text: '<EOF>', at });
  return out;
}

function typeOfNumber(text: string): Token['type'] {
  if (/u$/i.test(text)) return 'uint';
  return /^0x/.test(text) || /^\d+$/.test(text) ? 'int' : 'double';
}

function readString(text: string, from: number, quote: string, raw: boolean): { value: string; end: number } {
  let value = '';
  for (let at = from; at < text.length; ) {
    if (text.startsWith(quote, at)) return { value, end: at + quote.length };
    const character = text.charAt(at);
    if (character === '\n' && quote.length === 1) break;
    if (character !== '\\' || raw) {
      value += character;
      at++;
      continue;
    }
    const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(text.slice(at + 1));
    if (code) {
      const digits = code[1] ?? code[2] ?? code[3];
      value += String.fromCodePoint(digits ? Number.parseInt(digits, 16) : Number.parseInt(code[4] as string, 8));
      at += 1 + code[0].length;
    } else {
      const next = text.charAt(at + 1);
      value += ESCAPES[next] ?? next;
      at += 2;
    }
  }
  throw new CelSyntaxError(`Syntax error: token recognition error at: '${text.slice(from - quote.length)}'`, from);
}
