import type { ResolvedCommandContext } from 'just-bash';
import { type CommandBody, result, utf8 } from './command.ts';

/** A file's text, or standard input for `-`; undefined when it cannot be read. */
async function textOf(ctx: ResolvedCommandContext, file: string): Promise<string | undefined> {
  if (file === '-') return utf8(ctx.stdin);
  try {
    return await ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, file));
  } catch {
    return undefined;
  }
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

interface UniqOptions {
  count: boolean;
  repeated: boolean;
  unique: boolean;
  ignoreCase: boolean;
  skipFields: number;
  skipChars: number;
  width: number;
}

function uniqKey(line: string, options: UniqOptions): string {
  let rest = line;
  for (let i = 0; i < options.skipFields; i++) rest = rest.replace(/^\s*\S+/, '');
  rest = rest.slice(options.skipChars);
  if (options.width >= 0) rest = rest.slice(0, options.width);
  return options.ignoreCase ? rest.toLowerCase() : rest;
}

/** GNU uniq: counts are seven wide. */
export const uniq: CommandBody = async (args, ctx) => {
  const o = { count: false, repeated: false, unique: false, ignoreCase: false, skipFields: 0, skipChars: 0, width: -1 };
  const files: string[] = [];
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    const valued = /^-([fsw])(\d*)$/.exec(arg);
    if (valued) {
      const value = Number(valued[2] || queue.shift());
      if (valued[1] === 'f') o.skipFields = value;
      else if (valued[1] === 's') o.skipChars = value;
      else o.width = value;
    } else if (/^-[cdui]+$/.test(arg)) {
      o.count ||= arg.includes('c');
      o.repeated ||= arg.includes('d');
      o.unique ||= arg.includes('u');
      o.ignoreCase ||= arg.includes('i');
    } else if (arg === '--count') o.count = true;
    else if (arg === '--repeated') o.repeated = true;
    else if (arg.startsWith('-') && arg !== '-')
      return result('', `uniq: invalid option -- '${arg[1]}'\nTry 'uniq --help' for more information.\n`, 1);
    else files.push(arg);
  }
  const text = await textOf(ctx, files[0] ?? '-');
  if (text === undefined) return result('', `uniq: ${files[0]}: No such file or directory\n`, 1);
  const groups: { line: string; count: number }[] = [];
  for (const line of linesOf(text)) {
    const last = groups.at(-1);
    if (last && uniqKey(last.line, o) === uniqKey(line, o)) last.count++;
    else groups.push({ line, count: 1 });
  }
  const shown = groups.filter(({ count }) => (!o.repeated || count > 1) && (!o.unique || count === 1));
  const rows = shown.map(({ line, count }) => `${o.count ? `${String(count).padStart(7)} ` : ''}${line}\n`);
  return result(rows.join(''));
};

/** GNU wc: columns as wide as the size of the files needs, seven for a pipe. */
export const wc: CommandBody = async (args, ctx) => {
  const known = 'lwmcL';
  const letters = new Set<string>();
  const files: string[] = [];
  const long: Record<string, string> = { lines: 'l', words: 'w', chars: 'm', bytes: 'c', 'max-line-length': 'L' };
  for (const arg of args) {
    const options = arg.startsWith('--') ? long[arg.slice(2)] : /^-./.test(arg) ? arg.slice(1) : undefined;
    if (options === undefined && !arg.startsWith('--')) files.push(arg);
    else if (options && [...options].every((letter) => known.includes(letter)))
      for (const letter of options) letters.add(letter);
    else
      return result(
        '',
        `wc: invalid option -- '${arg.replace(/^-+/, '')[0]}'\nTry 'wc --help' for more information.\n`,
        1,
      );
  }
  const shown = letters.size === 0 ? ['l', 'w', 'c'] : [...known].filter((letter) => letters.has(letter));
  const rows: { values: number[]; name: string }[] = [];
  let errors = '';
  let bytes = 0;
  for (const file of files.length === 0 ? ['-'] : files) {
    const text = await textOf(ctx, file);
    if (text === undefined) {
      errors += `wc: ${file}: No such file or directory\n`;
      continue;
    }
    const size = Buffer.byteLength(text);
    bytes += size;
    const measure: Record<string, () => number> = {
      l: () => text.split('\n').length - 1,
      w: () => text.split(/\s+/).filter(Boolean).length,
      m: () => [...text].length,
      c: () => size,
      L: () => Math.max(0, ...text.split('\n').map((line) => line.length)),
    };
    rows.push({ values: shown.map((letter) => measure[letter]!()), name: files.length === 0 ? '' : file });
  }
  if (files.length > 1) {
    const sum = shown.map((letter, at) =>
      rows.reduce((total, row) => (letter === 'L' ? Math.max(total, row.values[at]!) : total + row.values[at]!), 0),
    );
    rows.push({ values: sum, name: 'total' });
  }
  const piped = files.length === 0 || files.includes('-');
  const single = rows.length === 1 && shown.length === 1;
  const width = single ? 1 : piped ? 7 : String(bytes).length;
  const lines = rows.map(
    ({ values, name }) => `${values.map((n) => String(n).padStart(width)).join(' ')}${name ? ` ${name}` : ''}\n`,
  );
  return result(lines.join(''), errors, errors ? 1 : 0);
};

/** `truncate -s [+-]SIZE FILE`. */
export const truncate: CommandBody = async (args, ctx) => {
  const files: string[] = [];
  let size: string | undefined;
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    if (arg === '-s' || arg === '--size') size = queue.shift();
    else if (arg.startsWith('--size=')) size = arg.slice(7);
    else if (arg.startsWith('-s')) size = arg.slice(2);
    else if (arg.startsWith('-')) return result('', `truncate: invalid option -- '${arg[1]}'\n`, 1);
    else files.push(arg);
  }
  const match = /^([+-]?)(\d+)([KMG]?)$/.exec(size ?? '');
  if (size === undefined)
    return result(
      '',
      "truncate: you must specify either '--size' or '--reference'\nTry 'truncate --help' for more information.\n",
      1,
    );
  if (!match) return result('', `truncate: Invalid number: ‘${size}’\n`, 1);
  const count = Number(match[2]) * ({ K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[3]!] ?? 1);
  if (count > 64 * 1024 ** 2) return result('', `truncate: failed to truncate: File too large\n`, 1);
  for (const file of files) {
    const path = ctx.fs.resolvePath(ctx.cwd, file);
    const old = (await ctx.fs.exists(path)) ? await ctx.fs.readFileBuffer(path) : new Uint8Array();
    const sign = match[1] === '+' ? 1 : -1;
    const length = match[1] ? Math.max(0, old.length + sign * count) : count;
    const next = new Uint8Array(length);
    next.set(old.subarray(0, length));
    await ctx.fs.writeFile(path, next);
  }
  return result('');
};
