import { type CommandBody, result, utf8 } from './command.ts';

/** The lines of a text whose last newline ends one. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

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
