import { charOf, joined } from '../../../core/bytes.ts';

/** What the parser would read otherwise than shells do is put in a way that both read alike. */
export function prepared(text: string): string {
  return withBytes(withArithmetic(text));
}

/** Backslashes, quotes, here-documents and expansions, in which nothing is a command; or `((…))`. */
const TOKEN =
  /\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|<<-?[ \t]*(['"]?)(\w+)\1[^\n]*\n[\s\S]*?\n\t*\2(?=\n|$)|\$\(\(|\(\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\)/g;

/** In `((…))` the parser takes `<` and `>` for redirections, and a `!` for a command's. */
function withArithmetic(text: string): string {
  if (!text.includes('((') || !/[<>]=|<<|\(\(!/.test(text)) return text;
  return text.replace(TOKEN, (whole, _quote, _word, inner: string | undefined) => {
    if (inner === undefined) return whole;
    if (inner.includes('<<') && !inner.includes(';')) return `[ $((${inner})) -ne 0 ]`;
    if (/^\s*!/.test(inner)) return `((0 || ${inner}))`;
    return `(( ${inner.replace(/\s*([<>]=)\s*/g, ' $1 ')} ))`;
  });
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
