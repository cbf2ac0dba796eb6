import { Bash, type CommandName, type IFileSystem } from 'just-bash';
import { bytesOf, latinOf, ofLatin, textOf, unveiled, veiled } from '../../core/bytes.ts';
import type { Program } from '../../sim/process/os.ts';
import { type HostedCall, hosted } from './hosted.ts';

/** How a program that the library brings decides whether it reads standard input: with no operand after so many words that are none. */
interface Manners {
  /** Words before the first file: a program's text, a pattern. */
  leading?: number;
  /** Options that take the next word. */
  valued?: string;
  /** Options that bring the text themselves, so that no word does. */
  script?: string;
  /** Looks at bytes, not at text. */
  raw?: true;
  /** Never reads it. */
  deaf?: true;
}

const MANNERS: Record<string, Manners> = {
  sed: { leading: 1, valued: 'efl', script: 'ef' },
  comm: {},
  join: { valued: 'toe12ja' },
  nl: { valued: 'bdfhilnsvw' },
  fold: { valued: 'w' },
  expand: { valued: 't' },
  unexpand: { valued: 't' },
  strings: { valued: 'n', raw: true },
  yq: { leading: 1, valued: 'opI' },
  jq: { leading: 1 },
  tree: { deaf: true, valued: 'LIP' },
  du: { deaf: true, valued: 'd' },
  file: { deaf: true, raw: true },
  expr: { deaf: true },
};

/** awk reads its input unless all it does happens in BEGIN. */
function awkTakesInput(args: readonly string[]): boolean {
  let program: string | undefined;
  let files = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-') return true;
    if (/^-[Fvf]$/.test(arg)) {
      if (arg === '-f') program ??= '';
      i++;
    } else if (/^-f./.test(arg)) program ??= '';
    else if (arg.startsWith('-') && program === undefined) continue;
    else if (program === undefined) program = arg;
    else if (!/^[A-Za-z_]\w*=/.test(arg)) files++;
  }
  if (files > 0) return false;
  return !onlyBegins(program ?? '');
}

function onlyBegins(program: string): boolean {
  const head = /^\s*BEGIN\s*\{/.exec(program);
  if (!head || /\bgetline\b/.test(program)) return false;
  let depth = 1;
  let at = head[0].length;
  for (; at < program.length && depth > 0; at++) {
    const string = /^"(?:[^"\\]|\\.)*"/.exec(program.slice(at));
    if (string) at += string[0].length - 1;
    else if (program[at] === '{') depth++;
    else if (program[at] === '}') depth--;
  }
  return program.slice(at).trim() === '';
}

/** Names of the programs that {@link libraryProgram} makes. */
export const libraryNames = [...Object.keys(MANNERS), 'awk'];

function takesInput(name: string): (args: readonly string[]) => boolean {
  const { leading = 0, valued = '', script = '', deaf } = MANNERS[name] ?? {};
  return (args) => {
    if (deaf) return false;
    let words = 0;
    let own = leading;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '-') return true;
      if (
        /^-[a-zA-Z]*[a-zA-Z]/.test(arg) &&
        [...script].some((letter) => arg.includes(letter) && !arg.startsWith('--'))
      )
        own = 0;
      if (!arg.startsWith('-')) words++;
      else if (/^-[a-zA-Z0-9]$/.test(arg) && valued.includes(arg[1]!)) i++;
    }
    return words <= own;
  };
}

const LIMITS = { maxOutputSize: 32 * 1024 * 1024, maxFileSystemBytes: 256 * 1024 * 1024, maxExecutionTimeMs: 20_000 };

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A text tool of just-bash as a program of the machine: its files are the machine's, its shell is not used. */
export function libraryProgram(name: string): Program {
  return hosted(async (call) => runLibrary(name, call), name === 'awk' ? awkTakesInput : takesInput(name));
}

/** Separators that awk's `-v` sets come too late for BEGIN in the library; they are set in the program. */
function awkArgs(args: readonly string[]): string[] {
  const out: string[] = [];
  let settings = '';
  let i = 0;
  for (; i < args.length && args[i]!.startsWith('-'); i++) {
    const joined = /^-v(.+)$/s.exec(args[i]!)?.[1];
    const setting = args[i] === '-v' ? args[++i]! : joined;
    const [, name, value = ''] = /^(OFS|ORS|RS|SUBSEP|OFMT|CONVFMT)=(.*)$/s.exec(setting ?? '') ?? [];
    if (name) settings += `BEGIN{${name}="${value.replace(/"/g, '\\"')}"} `;
    else if (setting !== undefined) out.push('-v', setting);
    else {
      out.push(args[i]!);
      if (/^-[Ff]$/.test(args[i]!)) out.push(args[++i] ?? '');
    }
  }
  const rest = args.slice(i);
  if (settings === '' || args.includes('-f')) return [...args];
  return [...out, settings + (rest[0] ?? ''), ...rest.slice(1)];
}

/** `i\text` on one line is GNU's; the library knows `i text`. `-i.bak` keeps the old file. */
async function sedArgs({ args, fs, cwd }: HostedCall): Promise<string[]> {
  const suffix = args.map((arg) => /^(?:-[nEr]*i|--in-place=)(.+)$/.exec(arg)?.[1]).find(Boolean);
  const plain = args.map((arg) => arg.replace(/(^|[\d$/;{}\s])([aic])\\(?=[^\n\\])[ \t]*/g, '$1$2 '));
  if (suffix === undefined) return plain;
  for (const arg of args) {
    const path = fs.resolvePath(cwd, arg);
    if (!arg.startsWith('-') && (await fs.exists(path)) && (await fs.stat(path)).isFile)
      await fs.writeFile(suffix.includes('*') ? path : path + suffix, await fs.readFile(path));
  }
  return plain.map((arg) => (/^-[nEr]*i.+$/.test(arg) ? arg.slice(0, arg.indexOf('i') + 1) : arg));
}

/** The library's text tools lose bytes that are no characters: to them these are private characters, in streams and in files. */
function veiledFiles(fs: IFileSystem): IFileSystem {
  const work: Partial<IFileSystem> = {
    readFile: async (...args) => veiled(await fs.readFile(...args)),
    readFileBuffer: async (path) => bytesOf(veiled(await fs.readFile(path))),
    writeFile: (path, content) => fs.writeFile(path, unveiled(typeof content === 'string' ? content : textOf(content))),
    appendFile: (path, content) =>
      fs.appendFile(path, unveiled(typeof content === 'string' ? content : textOf(content))),
  };
  return new Proxy(fs, {
    get(target, name) {
      const own = work[name as keyof IFileSystem];
      if (own) return own;
      const found = target[name as keyof IFileSystem];
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

async function runLibrary(name: string, call: HostedCall): Promise<number> {
  const { raw } = MANNERS[name] ?? {};
  const args = name === 'awk' ? awkArgs(call.args) : name === 'sed' ? await sedArgs(call) : call.args;
  const bash = new Bash({
    fs: raw ? call.fs : veiledFiles(call.fs),
    cwd: call.cwd,
    env: call.env,
    commands: [name as CommandName],
    executionLimits: LIMITS,
  });
  const done = await bash.exec([name, ...args].map(quote).join(' '), {
    stdin: latinOf(raw ? call.stdin : veiled(call.stdin)),
    stdinKind: 'bytes',
    signal: call.signal,
    rawScript: true,
  });
  const bytes = done.stdoutKind === 'bytes' || done.stdoutEncoding === 'binary';
  const text = bytes ? ofLatin(done.stdout) : done.stdout;
  if (text !== '') call.out(raw ? text : unveiled(text));
  if (done.stderr !== '') call.err(done.stderr.replace(/^bash: (?=\w+: )/, ''));
  return done.exitCode;
}
