import { type CommandBody, result, utf8 } from './command.ts';

/** Longest common subsequence as edit runs: for each, the line ranges [a0,a1) of the old and [b0,b1) of the new text. */
export function diffRuns(a: string[], b: string[]): [number, number, number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  if (n * m > 4_000_000) return n + m === 0 ? [] : [[head, head + n, head, head + m]];
  const rows: Uint32Array[] = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1));
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      rows[i]![j] =
        a[head + i] === b[head + j] ? rows[i + 1]![j + 1]! + 1 : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!);
  const out: [number, number, number, number][] = [];
  let [i, j] = [0, 0];
  while (i < n || j < m) {
    const [i0, j0] = [i, j];
    while ((i < n || j < m) && !(i < n && j < m && a[head + i] === b[head + j])) {
      if (j >= m || (i < n && rows[i + 1]![j]! >= rows[i]![j + 1]!)) i++;
      else j++;
    }
    if (i > i0 || j > j0) out.push([head + i0, head + i, head + j0, head + j]);
    while (i < n && j < m && a[head + i] === b[head + j]) {
      i++;
      j++;
    }
  }
  return out;
}

function span(from: number, to: number): string {
  return to - from <= 0 ? String(from) : to - from === 1 ? String(to) : `${from + 1},${to}`;
}

function normal(a: string[], b: string[]): string {
  return diffRuns(a, b)
    .map(([a0, a1, b0, b1]) => {
      const word = a0 === a1 ? 'a' : b0 === b1 ? 'd' : 'c';
      const old = a
        .slice(a0, a1)
        .map((line) => `< ${line}\n`)
        .join('');
      const fresh = b
        .slice(b0, b1)
        .map((line) => `> ${line}\n`)
        .join('');
      return `${span(a0, a1)}${word}${span(b0, b1)}\n${old}${word === 'c' ? '---\n' : ''}${fresh}`;
    })
    .join('');
}

/** Unified diff without the two head lines; `context` lines around each change. */
export function unified(a: string[], b: string[], context = 3): string {
  const groups: [number, number, number, number][][] = [];
  for (const run of diffRuns(a, b)) {
    const last = groups.at(-1)?.at(-1);
    if (last && run[0] - last[1] <= context * 2) groups.at(-1)!.push(run);
    else groups.push([run]);
  }
  const range = (from: number, to: number): string =>
    to - from === 1 ? String(to) : `${to > from ? from + 1 : from},${to - from}`;
  let out = '';
  for (const group of groups) {
    const [a0, b0] = [Math.max(0, group[0]![0] - context), Math.max(0, group[0]![2] - context)];
    const [a1, b1] = [Math.min(a.length, group.at(-1)![1] + context), Math.min(b.length, group.at(-1)![3] + context)];
    out += `@@ -${range(a0, a1)} +${range(b0, b1)} @@\n`;
    let at = a0;
    for (const [x0, x1, y0, y1] of group) {
      for (; at < x0; at++) out += ` ${a[at]}\n`;
      for (; at < x1; at++) out += `-${a[at]}\n`;
      for (let y = y0; y < y1; y++) out += `+${b[y]}\n`;
    }
    for (; at < a1; at++) out += ` ${a[at]}\n`;
  }
  return out;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

export const diff: CommandBody = async (args, ctx, { time }) => {
  const files = args.filter((arg) => !arg.startsWith('-') || arg === '-');
  const flags = args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const strange = flags.find(
    (flag) => !/^-(u|U?\d*|q|N|b|w|B|s|a|i|r|y)+$|^--(unified|brief|color.*|new-file|ignore-.*|label.*)/.test(flag),
  );
  if (strange)
    return result('', `diff: unrecognized option '${strange}'\ndiff: Try 'diff --help' for more information.\n`, 2);
  if (files.length < 2)
    return result(
      '',
      `diff: missing operand${files[0] ? ` after '${files[0]}'` : ''}\ndiff: Try 'diff --help' for more information.\n`,
      2,
    );
  const texts: string[] = [];
  for (const file of files.slice(0, 2)) {
    const path = ctx.fs.resolvePath(ctx.cwd, file);
    if (file !== '-' && !(await ctx.fs.exists(path)))
      return result('', `diff: ${file}: No such file or directory\n`, 2);
    texts.push(file === '-' ? utf8(ctx.stdin) : await ctx.fs.readFile(path));
  }
  const fold = (text: string): string[] =>
    linesOf(text).map((line) =>
      flags.includes('-w')
        ? line.replace(/\s/g, '')
        : flags.includes('-b')
          ? line.replace(/\s+/g, ' ').trimEnd()
          : line,
    );
  const [a, b] = [fold(texts[0]!), fold(texts[1]!)];
  if (a.join('\n') === b.join('\n')) return result('');
  if (flags.includes('-q') || flags.includes('--brief'))
    return result(`Files ${files[0]} and ${files[1]} differ\n`, '', 1);
  if (!flags.some((flag) => /^-[a-zA-Z]*[uU]|^--unified/.test(flag))) return result(normal(a, b), '', 1);
  const stamp = new Date(time.now()).toISOString().replace('T', ' ').replace('Z', '000000 +0000');
  return result(`--- ${files[0]}\t${stamp}\n+++ ${files[1]}\t${stamp}\n${unified(a, b)}`, '', 1);
};

export const paste: CommandBody = async (args, ctx) => {
  let serial = false;
  let delimiters = '\t';
  const files: string[] = [];
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    const match = /^-(s?)(?:d(.*))?$/.exec(arg);
    if (arg === '-' || !arg.startsWith('-')) files.push(arg);
    else if (match) {
      if (match[1]) serial = true;
      if (match[2] !== undefined) delimiters = match[2] || (queue.shift() ?? '');
    } else if (arg.startsWith('--delimiters=')) delimiters = arg.slice(13);
    else if (arg === '--serial') serial = true;
    else return result('', `paste: unrecognized option '${arg}'\nTry 'paste --help' for more information.\n`, 1);
  }
  const marks = [...delimiters.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\0/g, '\0')];
  const join = (parts: string[]): string =>
    parts
      .map(
        (part, at) =>
          part + (at === parts.length - 1 ? '' : (marks[at % Math.max(1, marks.length)] ?? '').replace('\0', '')),
      )
      .join('');
  const names = files.length > 0 ? files : ['-'];
  const input = linesOf(utf8(ctx.stdin));
  const readers = names.filter((name) => name === '-').length;
  let dash = 0;
  const columns: string[][] = [];
  for (const name of names) {
    if (name === '-') columns.push(serial || readers === 1 ? input : input.filter((_, at) => at % readers === dash));
    else {
      const path = ctx.fs.resolvePath(ctx.cwd, name);
      if (!(await ctx.fs.exists(path))) return result('', `paste: ${name}: No such file or directory\n`, 1);
      columns.push(linesOf(await ctx.fs.readFile(path)));
    }
    if (name === '-') dash++;
  }
  if (serial) return result(columns.map((column) => `${join(column)}\n`).join(''));
  const rows = Math.max(0, ...columns.map((column) => column.length));
  return result(
    Array.from({ length: rows }, (_, row) => `${join(columns.map((column) => column[row] ?? ''))}\n`).join(''),
  );
};

/** bc for sums: + - * / % ^, parentheses, comparisons, `scale`, sqrt(). Anything else is a syntax error. */
export const bc: CommandBody = async (args, ctx) => {
  let scale = args.includes('-l') ? 20 : 0;
  let out = '';
  for (const statement of utf8(ctx.stdin)
    .split(/[\n;]/)
    .map((part) => part.trim())) {
    if (statement === '' || statement === 'quit') continue;
    const set = /^scale\s*=\s*(\d+)$/.exec(statement);
    if (set) {
      scale = Number(set[1]);
      continue;
    }
    const value = evaluate(statement, scale);
    if (value === undefined) return result(out, '(standard_in) 1: syntax error\n', 0);
    if (value === 'zero') return result(out, 'Runtime error (func=(main), adr=3): Divide by zero\n', 0);
    out += `${value}\n`;
  }
  return result(out);
};

function evaluate(text: string, scale: number): string | 'zero' | undefined {
  const tokens = text.match(/\d+\.?\d*|\.\d+|sqrt|[<>=!]=|[-+*/%^()<>]|\S/g) ?? [];
  let divided = false;
  let zero = false;
  const cut = (value: number): number => Math.trunc(value * 10 ** scale + (value < 0 ? -1e-9 : 1e-9)) / 10 ** scale;
  const atom = (): number => {
    const token = tokens.shift();
    if (token === '-') return -atom();
    if (token === 'sqrt') {
      divided = true;
      return cut(Math.sqrt(atom()));
    }
    if (token === '(') {
      const value = level(0);
      if (tokens.shift() !== ')') throw new SyntaxError();
      return value;
    }
    if (token === undefined || !/^[\d.]/.test(token)) throw new SyntaxError();
    return Number(token);
  };
  const operators = [['<', '>', '<=', '>=', '==', '!='], ['+', '-'], ['*', '/', '%'], ['^']];
  const apply = (op: string, a: number, b: number): number => {
    if ((op === '/' || op === '%') && b === 0) zero = true;
    if (op === '/') divided = true;
    const table: Record<string, () => number> = {
      '+': () => a + b,
      '-': () => a - b,
      '*': () => a * b,
      '/': () => cut(a / b),
      '%': () => a % b,
      '^': () => a ** b,
      '<': () => +(a < b),
      '>': () => +(a > b),
      '<=': () => +(a <= b),
      '>=': () => +(a >= b),
      '==': () => +(a === b),
      '!=': () => +(a !== b),
    };
    return table[op]!();
  };
  const level = (depth: number): number => {
    if (depth === operators.length) return atom();
    let left = level(depth + 1);
    while (operators[depth]!.includes(tokens[0] ?? '')) left = apply(tokens.shift()!, left, level(depth + 1));
    return left;
  };
  try {
    const value = level(0);
    if (tokens.length > 0) return undefined;
    if (zero) return 'zero';
    const shown = divided ? value.toFixed(scale) : String(Number(value.toPrecision(15)));
    return shown.replace(/^(-?)0\.(?=\d)/, '$1.').replace(/^-?\.0+$/, '0');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
