import { type CommandBody, type CommandSetup, result, utf8 } from './command.ts';
import { linesOf } from './filters.ts';

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

type Context = Parameters<CommandBody>[1];

/** One call: its options, and what it has found so far. */
interface Comparison {
  ctx: Context;
  time: CommandSetup['time'];
  flags: string[];
  has(letter: string, long: string): boolean;
  out: string;
  err: string;
  code: number;
}

const USAGE = "diff: Try 'diff --help' for more information.\n";
const KNOWN = /^-(u|U?\d*|q|N|b|w|B|s|a|i|r|y)+$|^--(unified|brief|recursive|color.*|new-file|ignore-.*|label.*)/;
/** The time of a file that is not there. */
const NEVER = '1970-01-01 00:00:00.000000000 +0000';

export const diff: CommandBody = async (args, ctx, { time }) => {
  const files = args.filter((arg) => !arg.startsWith('-') || arg === '-');
  const flags = args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const strange = flags.find((flag) => !KNOWN.test(flag));
  if (strange) return result('', `diff: unrecognized option '${strange}'\n${USAGE}`, 2);
  if (files.length < 2)
    return result('', `diff: missing operand${files[0] ? ` after '${files[0]}'` : ''}\n${USAGE}`, 2);
  const has = (letter: string, long: string): boolean =>
    flags.some((flag) => flag.startsWith(`--${long}`) || (/^-[a-zA-Z0-9]+$/.test(flag) && flag.includes(letter)));
  const run: Comparison = { ctx, time, flags, has, out: '', err: '', code: 0 };
  let [left, right] = [files[0]!, files[1]!];
  const [isLeft, isRight] = [await isFolder(ctx, left), await isFolder(ctx, right)];
  if (isLeft && isRight) await folders(run, left, right);
  else {
    const name = (path: string): string => path.split('/').filter(Boolean).at(-1) ?? path;
    if (isLeft) left = `${left.replace(/\/$/, '')}/${name(right)}`;
    if (isRight) right = `${right.replace(/\/$/, '')}/${name(left)}`;
    await pair(run, left, right);
  }
  return result(run.out, run.err, run.code);
};

async function isFolder({ fs, cwd }: Context, path: string): Promise<boolean> {
  const full = fs.resolvePath(cwd, path);
  return path !== '-' && (await fs.exists(full)) && (await fs.stat(full)).isDirectory;
}

/** Two folders, name by name. */
async function folders(run: Comparison, left: string, right: string): Promise<void> {
  const { fs, cwd } = run.ctx;
  const [mine, theirs] = [await fs.readdir(fs.resolvePath(cwd, left)), await fs.readdir(fs.resolvePath(cwd, right))];
  for (const name of [...new Set([...mine, ...theirs])].sort()) {
    const join = (folder: string): string => `${folder.replace(/\/$/, '')}/${name}`;
    const [a, b] = [join(left), join(right)];
    if ((!mine.includes(name) || !theirs.includes(name)) && !run.has('N', 'new-file')) {
      run.out += `Only in ${mine.includes(name) ? left : right}: ${name}\n`;
      run.code = Math.max(run.code, 1);
      continue;
    }
    const [deepA, deepB] = [await isFolder(run.ctx, a), await isFolder(run.ctx, b)];
    if (deepA && deepB) {
      if (run.has('r', 'recursive')) await folders(run, a, b);
      else run.out += `Common subdirectories: ${a} and ${b}\n`;
    } else if (deepA || deepB) {
      const kind = (deep: boolean): string => (deep ? 'directory' : 'regular file');
      run.out += `File ${a} is a ${kind(deepA)} while file ${b} is a ${kind(deepB)}\n`;
      run.code = Math.max(run.code, 1);
    } else await pair(run, a, b, `diff ${[...run.flags, a, b].join(' ')}\n`);
  }
}

/** Two files; `title` stands before what differs. */
async function pair(run: Comparison, left: string, right: string, title = ''): Promise<void> {
  const { ctx, has } = run;
  const texts: (string | undefined)[] = [];
  for (const file of [left, right]) {
    const path = ctx.fs.resolvePath(ctx.cwd, file);
    const missing = file !== '-' && !(await ctx.fs.exists(path));
    if (missing && !has('N', 'new-file')) {
      run.err += `diff: ${file}: No such file or directory\n`;
      run.code = 2;
      return;
    }
    texts.push(missing ? undefined : file === '-' ? utf8(ctx.stdin) : await ctx.fs.readFile(path));
  }
  const fold = (text: string): string[] =>
    linesOf(text).map((line) =>
      has('w', 'ignore-all-space')
        ? line.replace(/\s/g, '')
        : has('b', 'ignore-space-change')
          ? line.replace(/\s+/g, ' ').trimEnd()
          : line,
    );
  const [a, b] = [fold(texts[0] ?? ''), fold(texts[1] ?? '')];
  if (a.join('\n') === b.join('\n')) return;
  run.code = Math.max(run.code, 1);
  if (has('q', 'brief')) {
    run.out += `Files ${left} and ${right} differ\n`;
    return;
  }
  run.out += title;
  if (!has('u', 'unified') && !run.flags.some((flag) => /^-U/.test(flag))) {
    run.out += normal(a, b);
    return;
  }
  const now = new Date(run.time.now()).toISOString().replace('T', ' ').replace('Z', '000000 +0000');
  const stamp = (text: string | undefined): string => (text === undefined ? NEVER : now);
  run.out += `--- ${left}\t${stamp(texts[0])}\n+++ ${right}\t${stamp(texts[1])}\n${unified(a, b)}`;
}
