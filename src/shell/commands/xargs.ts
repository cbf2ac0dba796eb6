import { type CommandBody, result, utf8 } from './index.ts';
import { quote } from './time.ts';

interface Options {
  replace?: string;
  perCall?: number;
  lines?: number;
  delimiter?: string;
  trace: boolean;
  skipEmpty: boolean;
  /** -a: the items come from here. */
  file?: string;
  command: string[];
}

function parse(args: string[]): Options | string {
  const out: Options = { trace: false, skipEmpty: false, command: [] };
  const queue = [...args];
  while (queue[0]?.startsWith('-') && queue[0] !== '-') {
    const arg = queue.shift()!;
    const value = (short: string): string | undefined =>
      arg.length > short.length ? arg.slice(short.length) : queue.shift();
    if (arg === '--') break;
    if (arg === '-0' || arg === '--null') out.delimiter = '\0';
    else if (arg.startsWith('-I')) out.replace = value('-I');
    else if (arg.startsWith('-i')) out.replace = arg.slice(2) || '{}';
    else if (arg.startsWith('-n')) out.perCall = Number(value('-n'));
    else if (arg.startsWith('--max-args=')) out.perCall = Number(arg.slice(11));
    else if (arg.startsWith('-L')) out.lines = Number(value('-L'));
    else if (arg.startsWith('-P')) value('-P');
    else if (arg.startsWith('-d'))
      out.delimiter = (value('-d') ?? '').replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\0/g, '\0');
    else if (arg.startsWith('-a')) out.file = value('-a');
    else if (arg.startsWith('--arg-file=')) out.file = arg.slice(11);
    else if (arg === '-t' || arg === '--verbose') out.trace = true;
    else if (arg === '-r' || arg === '--no-run-if-empty') out.skipEmpty = true;
    else return `xargs: invalid option -- '${arg.replace(/^-+/, '')[0]}'\nTry 'xargs --help' for more information.\n`;
  }
  out.command = queue.length > 0 ? queue : ['echo'];
  return out;
}

/** Blank-separated words with xargs' quoting. */
function words(text: string): string[] {
  const out: string[] = [];
  for (const match of text.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g))
    out.push(
      match[0].replace(/"([^"]*)"|'([^']*)'|\\([\s\S])/g, (_, a?: string, b?: string, c?: string) => a ?? b ?? c ?? ''),
    );
  return out;
}

function batches(options: Options, input: string): string[][] {
  if (options.replace !== undefined || options.lines !== undefined) {
    const lines = input
      .split(options.delimiter ?? '\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (options.replace !== undefined)
      return lines.map((line) => options.command.map((part) => part.replaceAll(options.replace!, line)));
    const out: string[][] = [];
    for (let i = 0; i < lines.length; i += options.lines!)
      out.push([...options.command, ...lines.slice(i, i + options.lines!).flatMap(words)]);
    return out;
  }
  const items =
    options.delimiter === undefined
      ? words(input)
      : input.split(options.delimiter).filter((item, at, all) => item !== '' || at < all.length - 1);
  if (items.length === 0) return options.skipEmpty ? [] : [options.command];
  const size = options.perCall ?? items.length;
  const out: string[][] = [];
  for (let i = 0; i < items.length; i += size) out.push([...options.command, ...items.slice(i, i + size)]);
  return out;
}

/** GNU xargs; -P is accepted and runs one after the other. */
export const xargs: CommandBody = async (args, ctx) => {
  const options = parse(args);
  if (typeof options === 'string') return result('', options, 1);
  let stdout = '';
  let stderr = '';
  let code = 0;
  let input = utf8(ctx.stdin);
  if (options.file !== undefined) {
    const path = ctx.fs.resolvePath(ctx.cwd, options.file);
    if (!(await ctx.fs.exists(path)))
      return result('', `xargs: Cannot open input file ‘${options.file}’: No such file or directory\n`, 1);
    input = await ctx.fs.readFile(path);
  }
  for (const line of batches(options, input)) {
    if (options.trace) stderr += `${line.join(' ')}\n`;
    const done = await ctx.exec!(line.map(quote).join(' '), { cwd: ctx.cwd, signal: ctx.signal });
    stdout += done.stdout;
    stderr += done.stderr.replace(/^bash: ([^:\n]+): command not found$/m, 'xargs: $1: No such file or directory');
    if (done.exitCode === 127 || done.exitCode === 126) return result(stdout, stderr, done.exitCode);
    if (done.exitCode === 255)
      return result(stdout, `${stderr}xargs: ${line[0]}: exited with status 255; aborting\n`, 124);
    if (done.exitCode !== 0) code = 123;
  }
  return result(stdout, stderr, code);
};
