import type { ResolvedCommandContext } from 'just-bash';
import type { CommandBody } from './command.ts';
import { result, utf8 } from './command.ts';

/** The real jq, run where it can be stopped: one filter over one text. Supplied by the embedder. */
export type JqEngine = (input: string, filter: string, flags: string[]) => Promise<JqOutcome>;

export interface JqOutcome {
  stdout: string;
  stderr: string;
  exitCode: number;
}

interface Parsed {
  filter: string | undefined;
  files: string[];
  /** Flags for the engine. */
  flags: string[];
  nullInput: boolean;
  exitStatus: boolean;
  rawFiles: boolean;
}

/** Long spelling of each option without a value. */
const SWITCHES: Record<string, string> = {
  r: 'raw-output',
  c: 'compact-output',
  s: 'slurp',
  n: 'null-input',
  e: 'exit-status',
  R: 'raw-input',
  S: 'sort-keys',
  j: 'join-output',
  a: 'ascii-output',
  M: 'monochrome-output',
  C: 'color-output',
};
const LONG = new Set([...Object.values(SWITCHES), 'tab', 'raw-output0', 'seq', 'stream', 'unbuffered']);

class UsageError extends Error {}

/** jq over the shell's files and pipes. Filters run in the real jq; only its clock and environment are the shell's. */
export const jq: CommandBody = async (args, ctx, setup) => {
  const engine = setup.jq;
  if (!engine) return result('', 'bash: jq: command not found\n', 127);
  try {
    if (args.includes('--version') || args.includes('-V')) return result('jq-1.8.1\n');
    const parsed = await parseArgs(args, ctx);
    if (parsed.filter === undefined) return result('', USAGE, 2);
    const input = await readInput(parsed, ctx);
    const filter = withShellsWorld(parsed.filter, ctx, setup.time.now());
    const done = await engine(input, filter, parsed.flags);
    const stdout = done.stdout;
    const exitCode = done.exitCode === 0 && parsed.exitStatus ? statusOf(stdout) : done.exitCode;
    return result(stdout, done.stderr.replaceAll('inputString', '<stdin>'), exitCode);
  } catch (error) {
    if (error instanceof UsageError) return result('', `${error.message}\n`, 2);
    throw error;
  }
};

const USAGE = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] -n FILTER
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
For listing the command options, use jq --help.
`;

async function parseArgs(args: string[], ctx: ResolvedCommandContext): Promise<Parsed> {
  const parsed: Parsed = {
    filter: undefined,
    files: [],
    flags: [],
    nullInput: false,
    exitStatus: false,
    rawFiles: false,
  };
  const rest = [...args];
  let positional: 'files' | 'args' | 'jsonargs' = 'files';
  const values: string[] = [];
  const next = (option: string): string => {
    const value = rest.shift();
    if (value === undefined)
      throw new UsageError(
        `jq: error: ${option} takes a parameter\nUse jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.org`,
      );
    return value;
  };
  let onlyPositional = false;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (onlyPositional || arg === '-' || !arg.startsWith('-')) {
      if (parsed.filter === undefined) parsed.filter = arg;
      else if (positional === 'files') parsed.files.push(arg);
      else values.push(positional === 'args' ? JSON.stringify(arg) : arg);
    } else if (arg === '--') onlyPositional = true;
    else if (arg === '--arg') parsed.flags.push('--arg', next(arg), next(arg));
    else if (arg === '--argjson') parsed.flags.push('--argjson', next(arg), next(arg));
    else if (arg === '--slurpfile') parsed.flags.push('--argjson', next(arg), await slurp(next(arg), ctx));
    else if (arg === '--rawfile') parsed.flags.push('--arg', next(arg), await read(next(arg), ctx));
    else if (arg === '--indent') parsed.flags.push('--indent', next(arg));
    else if (arg === '--args' || arg === '--jsonargs') positional = arg.slice(2) as 'args' | 'jsonargs';
    else if (arg === '-f' || arg === '--from-file') {
      if (parsed.filter !== undefined) parsed.files.unshift(parsed.filter);
      parsed.filter = await read(next(arg), ctx);
    } else addSwitches(arg, parsed);
  }
  if (values.length > 0)
    parsed.filter = `[${values.join(',')}] as $__positional | ${parsed.filter?.replaceAll('$ARGS.positional', '$__positional')}`;
  return parsed;
}

function addSwitches(arg: string, parsed: Parsed): void {
  const names = arg.startsWith('--') ? [arg.slice(2)] : [...arg.slice(1)].map((letter) => SWITCHES[letter] ?? letter);
  for (const name of names) {
    if (!LONG.has(name)) throw new UsageError(`jq: Unknown option: ${arg}\n${USAGE.trimEnd()}`);
    if (name === 'null-input') parsed.nullInput = true;
    if (name === 'raw-input') parsed.rawFiles = true;
    if (name === 'exit-status') parsed.exitStatus = true;
    else parsed.flags.push(`--${name}`);
  }
}

async function readInput(parsed: Parsed, ctx: ResolvedCommandContext): Promise<string> {
  if (parsed.files.length === 0) return parsed.nullInput && String(ctx.stdin) === '' ? '' : utf8(ctx.stdin);
  const texts: string[] = [];
  for (const file of parsed.files) texts.push(await read(file, ctx));
  return texts.join(parsed.rawFiles ? '' : '\n');
}

async function read(file: string, ctx: ResolvedCommandContext): Promise<string> {
  const path = ctx.fs.resolvePath(ctx.cwd, file);
  if (!(await ctx.fs.exists(path)))
    throw new UsageError(`jq: error: Could not open ${file}: No such file or directory`);
  return ctx.fs.readFile(path);
}

async function slurp(file: string, ctx: ResolvedCommandContext): Promise<string> {
  const text = await read(file, ctx);
  try {
    return JSON.stringify([JSON.parse(text)]);
  } catch {
    return `[${text.trim().split('\n').join(',')}]`;
  }
}

/** The engine's clock and environment are not the shell's: where a filter asks for them, they are defined anew. */
function withShellsWorld(filter: string, ctx: ResolvedCommandContext, nowMs: number): string {
  const definitions: string[] = [];
  if (/\bnow\b/.test(filter)) definitions.push(`def now: ${nowMs / 1000};`);
  if (!/\benv\b|\$ENV\b/.test(filter)) return [...definitions, filter].join(' ');
  const environment = JSON.stringify(Object.fromEntries(ctx.env));
  definitions.push(`def env: ${environment};`);
  return `${definitions.join(' ')} ${environment} as $ENV | ${filter}`;
}

/** --exit-status: 1 when the last output is false or null, 4 when there is none. */
function statusOf(stdout: string): number {
  const last = stdout.trimEnd().split('\n').at(-1);
  if (last === undefined || stdout === '') return 4;
  return last === 'null' || last === 'false' ? 1 : 0;
}
