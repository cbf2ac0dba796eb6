import type { Task } from '../../process/task.ts';
import { Input, ShellPipe } from '../streams.ts';
import type { Script, WordPart } from './ast.ts';
import { captureScript, runScript, runSubshell } from './run.ts';
import type { Fd, Shell } from './shell.ts';

export type ProcessSubstitution = Extract<WordPart, { type: 'ProcessSubstitution' }>;

/** Highest descriptor that bash gives to a process substitution. */
const FIRST = 63;

/**
 * `<(…)` and `>(…)` as a word: the name of a file. Programs open files whole, so what `<(…)` prints is made first, and what was written
 * for `>(…)` is given to it once the command is over.
 */
export function* substitutionFile(sh: Shell, part: ProcessSubstitution): Task<string> {
  const text = part.direction === 'input' ? yield* captureScript(sh, part.body) : '';
  const { fs } = sh.os;
  let number = FIRST;
  while (fs.exists(`/dev/fd/${number}`)) number--;
  const path = `/dev/fd/${number}`;
  fs.write(path, text);
  sh.substitutions = [...sh.substitutions, { path, reader: part.direction === 'output' ? part.body : undefined }];
  return path;
}

/** The command that the substitutions since `before` were made for is over. */
export function* endSubstitutions(sh: Shell, before: Shell['substitutions']): Task<void> {
  if (sh.substitutions === before) return;
  const own = sh.substitutions.filter((one) => !before.includes(one));
  sh.substitutions = before;
  const status = sh.lastStatus;
  for (const { path, reader } of own) {
    const text = sh.os.fs.read(path);
    sh.os.fs.remove(path);
    if (!reader) continue;
    const child = sh.fork(sh.th);
    child.fds.set(0, { input: Input.text(text) });
    yield* runSubshell(child, () => runScript(child, reader));
  }
  sh.lastStatus = status;
}

/** `< <(…)`, `> >(…)`: the other end of a pipe to a subshell that runs beside. */
export function substitutionPipe(sh: Shell, part: ProcessSubstitution): Fd {
  const pipe = new ShellPipe();
  const reads = part.direction === 'output';
  const thread = sh.branch(function* (th) {
    th.spend(Math.max(0, sh.th.nowUs - th.nowUs));
    const child = sh.fork(th);
    child.fds.set(reads ? 0 : 1, reads ? { input: new Input(pipe) } : { output: pipe });
    try {
      yield* runSubshell(child, () => runScript(child, part.body as Script));
    } finally {
      if (reads) pipe.closeReader();
      else pipe.close();
    }
  });
  sh.rested();
  const end = (): void => {
    if (reads) pipe.close();
    else pipe.closeReader();
  };
  return reads ? { output: pipe, end, beside: thread } : { input: new Input(pipe), end };
}
