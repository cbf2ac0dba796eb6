import { Bash, type CommandName } from 'just-bash';
import type { Program } from '../../sim/process/os.ts';
import { fromLatin, latinOf } from './bytes.ts';
import { type HostedCall, hosted } from './hosted.ts';

/** How a program that the library brings decides whether it reads standard input: with no operand after so many words that are none. */
interface Manners {
  /** Words before the first file: a program's text, a pattern. */
  leading?: number;
  /** Options that take the next word. */
  valued?: string;
  /** Never reads it. */
  deaf?: true;
}

const MANNERS: Record<string, Manners> = {
  comm: {},
  join: { valued: 'toe12ja' },
  tac: { valued: 's' },
  rev: {},
  nl: { valued: 'bdfhilnsvw' },
  fold: { valued: 'w' },
  expand: { valued: 't' },
  unexpand: { valued: 't' },
  strings: { valued: 'n' },
  split: { valued: 'lbnCa' },
  column: { valued: 'scNHRo' },
  base64: { valued: 'w' },
  md5sum: {},
  sha1sum: {},
  sha256sum: {},
  od: { valued: 'AtjNw' },
  gzip: {},
  gunzip: {},
  zcat: {},
  yq: { leading: 1, valued: 'opI' },
  jq: { leading: 1 },
  tree: { deaf: true, valued: 'LIP' },
  du: { deaf: true, valued: 'd' },
  file: { deaf: true },
  expr: { deaf: true },
};

/** Names of the programs that {@link libraryProgram} makes. */
export const libraryNames = Object.keys(MANNERS);

function takesInput(name: string): (args: readonly string[]) => boolean {
  const { leading = 0, valued = '', deaf } = MANNERS[name] ?? {};
  return (args) => {
    if (deaf) return false;
    let words = 0;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '-') return true;
      if (!arg.startsWith('-')) words++;
      else if (/^-[a-zA-Z0-9]$/.test(arg) && valued.includes(arg[1]!)) i++;
    }
    return words <= leading;
  };
}

const LIMITS = { maxOutputSize: 32 * 1024 * 1024, maxFileSystemBytes: 256 * 1024 * 1024, maxExecutionTimeMs: 20_000 };

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A text tool of just-bash as a program of the machine: its files are the machine's, its shell is not used. */
export function libraryProgram(name: string): Program {
  return hosted(async (call) => runLibrary(name, call), takesInput(name));
}

async function runLibrary(name: string, call: HostedCall): Promise<number> {
  const bash = new Bash({
    fs: call.fs,
    cwd: call.cwd,
    env: call.env,
    commands: [name as CommandName],
    executionLimits: LIMITS,
  });
  const done = await bash.exec([name, ...call.args].map(quote).join(' '), {
    stdin: latinOf(call.stdin),
    stdinKind: 'bytes',
    signal: call.signal,
    rawScript: true,
  });
  const bytes = done.stdoutKind === 'bytes' || done.stdoutEncoding === 'binary';
  if (done.stdout !== '') call.out(bytes ? fromLatin(done.stdout) : done.stdout);
  if (done.stderr !== '') call.err(done.stderr.replace(/^bash: (?=\w+: )/, ''));
  return done.exitCode;
}
