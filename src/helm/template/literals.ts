const ESCAPES: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** strconv.Unquote for double-quoted and raw strings; undefined when it is not one. */
export function unquote(text: string): string | undefined {
  const body = text.slice(1, -1);
  if (text.startsWith('`')) return body.replace(/\r/g, '');
  let broken = false;
  const out = body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_, code: string) => {
    if (/^[xuU]./.test(code) && code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    const plain = ESCAPES[code];
    if (plain === undefined) broken = true;
    return plain ?? '';
  });
  return broken ? undefined : out;
}
