import { byteLength, latinOf, ofLatin } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError, getopt, inputs, lines, value } from '../command.ts';
import { classSource } from '../interp/pattern.ts';

/** Filters: they read files or standard input and write text. */

/** POSIX basic or extended expression to JavaScript's. */
export function posixRegExp(source: string, extended: boolean, flags = ''): RegExp {
  let out = source.replace(/\[:(\w+):\]/g, (whole, name: string) => classSource(name) ?? whole);
  if (!extended) {
    out = out.replace(/\\([(){}|+?])|([(){}|+?])/g, (_, escaped: string | undefined, plain: string | undefined) =>
      escaped ? escaped : `\\${plain}`,
    );
    out = out.replace(/^\*/, '\\*');
  }
  out = out.replace(/\\</g, '\\b(?=\\w)').replace(/\\>/g, '\\b(?<=\\w)');
  try {
    return new RegExp(out, flags);
  } catch {
    throw new CommandError(`bad regex '${source}': Invalid regexp`, 2);
  }
}

function* grep(ctx: CommandContext): Task<number> {
  const args = ctx.args.map((arg) => (/^-\d+$/.test(arg) ? `-C${arg.slice(1)}` : arg));
  const options = getopt(args, 'EFivcnlLqohHrRwxse:A:B:C:m:f:P', {
    'ignore-case': 'i',
    'invert-match': 'v',
    count: 'c',
    quiet: 'q',
    color: 's',
    'line-number': 'n',
    'extended-regexp': 'E',
  });
  const { flags, rest } = options;
  const patterns = options.values.get('e') ?? [rest.shift() ?? ''];
  const extended = flags.has('E') || flags.has('P') || ctx.name === 'egrep';
  const tests = patterns
    .flatMap((pattern) => pattern.split('\n'))
    .map((pattern) => {
      let source =
        flags.has('F') || ctx.name === 'fgrep'
          ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
          : posixRegExp(pattern, extended).source;
      if (flags.has('w')) source = `(?<!\\w)(?:${source})(?!\\w)`;
      if (flags.has('x')) source = `^(?:${source})$`;
      return new RegExp(source, flags.has('i') ? 'gi' : 'g');
    });
  const failed = { code: 0 };
  const recursive = flags.has('r') || flags.has('R');
  const files = recursive ? (rest.length > 0 ? rest : ['.']).flatMap((file) => walk(ctx, file)) : rest;
  const named = (files.length > 1 || recursive || flags.has('H')) && !flags.has('h');
  let any = false;
  for (const { name, text } of yield* inputs(ctx, files, failed)) {
    if (grepText(ctx, options, tests, name === '-' ? '(standard input)' : name, text, named)) any = true;
    if (any && flags.has('q')) return 0;
  }
  return failed.code && !any ? 2 : any ? 0 : 1;
}

function grepText(
  ctx: CommandContext,
  options: ReturnType<typeof getopt>,
  tests: RegExp[],
  name: string,
  text: string,
  named: boolean,
): boolean {
  const { flags } = options;
  const all = lines(text);
  const hit = (line: string): boolean => tests.some((test) => line.search(test) >= 0) !== flags.has('v');
  const max = Number(value(options, 'm') ?? Number.POSITIVE_INFINITY);
  const hits: number[] = [];
  for (const [i, line] of all.entries()) if (hits.length < max && hit(line)) hits.push(i);
  if (flags.has('q')) return hits.length > 0;
  const prefix = named ? `${name}:` : '';
  if (flags.has('c')) ctx.out(`${prefix}${hits.length}\n`);
  else if (flags.has('l') || flags.has('L')) {
    if (hits.length > 0 === flags.has('l')) ctx.out(`${name}\n`);
  } else if (flags.has('o')) {
    for (const i of hits)
      for (const test of tests)
        for (const [found] of (all[i] as string).matchAll(test))
          if (found) ctx.out(`${prefix}${flags.has('n') ? `${i + 1}:` : ''}${found}\n`);
  } else {
    const after = Number(value(options, 'A') ?? value(options, 'C') ?? 0);
    const before = Number(value(options, 'B') ?? value(options, 'C') ?? 0);
    const wanted = new Set(hits);
    let last = -1;
    for (const i of hits) {
      for (let j = Math.max(last + 1, i - before); j <= Math.min(all.length - 1, i + after); j++) {
        if (last >= 0 && j > last + 1 && (after > 0 || before > 0)) ctx.out('--\n');
        const mark = wanted.has(j) ? ':' : '-';
        ctx.out(`${named ? `${name}${mark}` : ''}${flags.has('n') ? `${j + 1}${mark}` : ''}${all[j]}\n`);
        last = j;
      }
    }
  }
  return hits.length > 0;
}

function walk(ctx: CommandContext, file: string): string[] {
  const path = ctx.path(file);
  if (!ctx.os.fs.exists(path)) return [file];
  if (ctx.os.fs.stat(path).type !== 'dir') return [file];
  return ctx.os.fs.list(path).flatMap((name) => walk(ctx, `${file.replace(/\/$/, '')}/${name}`));
}

function* wc(ctx: CommandContext): Task<number> {
  const { flags, rest } = getopt(ctx.args, 'clwmL');
  const failed = { code: 0 };
  const total = [0, 0, 0];
  const found = yield* inputs(ctx, rest, failed);
  const columns = ['l', 'w', 'c'].map(
    (letter) => flags.size === 0 || flags.has(letter) || (letter === 'c' && flags.has('m')),
  );
  const print = (counts: number[], name: string): void => {
    const shown = counts.filter((_, i) => columns[i]);
    const label = name === '-' ? '' : ` ${name}`;
    ctx.out(`${shown.length === 1 ? shown[0] : shown.map((count) => String(count).padStart(9)).join(' ')}${label}\n`);
  };
  for (const { name, text } of found) {
    const counts = [text.split('\n').length - 1, text.split(/\s+/).filter(Boolean).length, byteLength(text)];
    for (const [i, count] of counts.entries()) total[i] = (total[i] ?? 0) + count;
    print(counts, name);
  }
  if (found.length > 1) print(total, 'total');
  return failed.code;
}

function* cut(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'd:f:c:b:s');
  const list = value(options, 'f') ?? value(options, 'c') ?? value(options, 'b');
  if (list === undefined) throw new CommandError('expected a list of bytes, characters, or fields');
  const ranges = list.split(',').map((part) => {
    const [from = '', to] = part.split('-');
    return [Number(from || 1), part.includes('-') ? Number(to || Number.POSITIVE_INFINITY) : Number(from)] as const;
  });
  const keep = (i: number): boolean => ranges.some(([from, to]) => i + 1 >= from && i + 1 <= to);
  const separator = value(options, 'd') ?? '\t';
  const failed = { code: 0 };
  for (const { text } of yield* inputs(ctx, options.rest, failed)) {
    for (const line of lines(text)) {
      if (!options.flags.has('f')) ctx.out(`${ofLatin([...latinOf(line)].filter((_, i) => keep(i)).join(''))}\n`);
      else if (line.includes(separator))
        ctx.out(
          `${line
            .split(separator)
            .filter((_, i) => keep(i))
            .join(separator)}\n`,
        );
      else if (!options.flags.has('s')) ctx.out(`${line}\n`);
    }
  }
  return failed.code;
}

function* sort(ctx: CommandContext): Task<number> {
  const options = getopt(ctx.args, 'nrufhk:t:bVo:sg');
  const failed = { code: 0 };
  let all = (yield* inputs(ctx, options.rest, failed)).flatMap(({ text }) => lines(text));
  const separator = value(options, 't');
  const key = value(options, 'k');
  const from = Number(/^\d+/.exec(key ?? '')?.[0] ?? 0);
  const to = Number(/,(\d+)/.exec(key ?? '')?.[1] ?? 1e9);
  const letters = (key ?? '').replace(/[\d,.]/g, '');
  const numeric =
    options.flags.has('n') ||
    options.flags.has('g') ||
    options.flags.has('h') ||
    letters.includes('n') ||
    letters.includes('h');
  const keyOf = (line: string): string =>
    key === undefined
      ? line
      : line
          .trim()
          .split(separator ?? /\s+/)
          .slice(from - 1, to)
          .join(separator ?? ' ');
  const size = (text: string): number =>
    (Number.parseFloat(text) || 0) * ({ K: 1e3, M: 1e6, G: 1e9 }[/[KMG]/.exec(text)?.[0] ?? ''] ?? 1);
  const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const fold = (text: string): string => (options.flags.has('f') ? text.toUpperCase() : text);
  const sign = options.flags.has('r') || letters.includes('r') ? -1 : 1;
  all.sort(
    (a, b) =>
      sign *
      ((numeric ? size(keyOf(a)) - size(keyOf(b)) : compareText(fold(keyOf(a)), fold(keyOf(b)))) || compareText(a, b)),
  );
  if (options.flags.has('u')) all = all.filter((line, i) => i === 0 || keyOf(line) !== keyOf(all[i - 1] as string));
  ctx.out(all.map((line) => `${line}\n`).join(''));
  return failed.code;
}

function* uniq(ctx: CommandContext): Task<number> {
  const { flags, rest } = getopt(ctx.args, 'cdui');
  const failed = { code: 0 };
  const groups: { line: string; count: number }[] = [];
  for (const { text } of yield* inputs(ctx, rest.slice(0, 1), failed)) {
    for (const line of lines(text)) {
      const last = groups.at(-1);
      if (last?.line === line) last.count++;
      else groups.push({ line, count: 1 });
    }
  }
  for (const { line, count } of groups) {
    if ((flags.has('d') && count === 1) || (flags.has('u') && count > 1)) continue;
    ctx.out(`${flags.has('c') ? `${String(count).padStart(7)} ` : ''}${line}\n`);
  }
  return failed.code;
}

function* tee(ctx: CommandContext): Task<number> {
  const { flags, rest } = getopt(ctx.args, 'ai');
  const paths = rest.map((file) => ctx.path(file));
  if (!flags.has('a')) for (const path of paths) ctx.os.fs.write(path, '');
  for (let text = yield* ctx.stdin.read(ctx.th); text !== undefined; text = yield* ctx.stdin.read(ctx.th)) {
    ctx.out(text);
    for (const path of paths) ctx.os.fs.write(path, text, { append: true });
  }
  return 0;
}

function* seq(ctx: CommandContext): Task<number> {
  const numbers = ctx.args.filter((arg) => !/^-[ws]/.test(arg)).map(Number);
  if (numbers.length === 0 || numbers.some(Number.isNaN))
    throw new CommandError(`invalid number '${ctx.args[0] ?? ''}'`);
  const [first, step, last] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  let out = '';
  for (
    let i = first as number;
    (step as number) > 0 ? i <= (last as number) : i >= (last as number);
    i += step as number
  )
    out += `${Number(i.toFixed(10))}\n`;
  ctx.out(out);
  yield* ctx.th.sync();
  return 0;
}

export const textCommands: Record<string, Command> = {
  grep,
  egrep: grep,
  fgrep: grep,
  wc,
  cut,
  sort,
  uniq,
  tee,
  seq,
};
