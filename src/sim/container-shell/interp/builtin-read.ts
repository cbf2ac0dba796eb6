import type { Task } from '../../process/task.ts';
import { Signal } from '../../process/task.ts';
import { getopt, value } from '../command.ts';
import { type Shell, ShellError } from './shell.ts';

/** `read [-r] [-p prompt] [-t seconds] [-s] [-n count] [-d delimiter] names…` */
export function* readBuiltin(sh: Shell, args: string[]): Task<number> {
  const options = getopt(args, sh.flavor === 'dash' ? 'rp:' : 'rp:t:sn:d:a:u:', {}, true);
  const names = options.rest;
  if (names.length === 0 && sh.flavor === 'dash') throw new ShellError('arg count');
  if (options.flags.has('p')) sh.say(value(options, 'p') ?? '');
  const fd = Number(value(options, 'u') ?? 0);
  const input = sh.fds.get(fd)?.input;
  if (!input) return 1;
  sh.rested();
  const timeout = value(options, 't');
  let line = timeout === undefined ? yield* input.readLine(sh.th) : yield* timedLine(sh, input, Number(timeout));
  while (!options.flags.has('r') && line?.endsWith('\\\n')) {
    line = line.slice(0, -2) + ((yield* input.readLine(sh.th)) ?? '');
  }
  const text = (line ?? '').replace(/\n$/, '');
  const array = value(options, 'a');
  if (array !== undefined) {
    const elements = new Map(fields(sh, text, Number.POSITIVE_INFINITY).map((field, i) => [String(i), field]));
    sh.vars.set(array, { value: undefined, elements, exported: false, readonly: false });
  } else assignFields(sh, options.flags.has('r') ? text : text.replace(/\\(.)/g, '$1'), names);
  return line === undefined || !line.endsWith('\n') ? 1 : 0;
}

function* timedLine(
  sh: Shell,
  input: NonNullable<ReturnType<Shell['fds']['get']>>['input'],
  seconds: number,
): Task<string | undefined> {
  const got = new Signal();
  let line: string | undefined;
  let done = false;
  const reader = sh.os.thread(function* (th) {
    line = yield* (input as NonNullable<typeof input>).readLine(th);
    done = true;
    got.fire();
  });
  if (!done) yield* sh.th.wait(got, seconds * 1000);
  if (!done) reader.cancel();
  return line;
}

function assignFields(sh: Shell, text: string, names: string[]): void {
  if (names.length === 0) {
    sh.set('REPLY', text);
    return;
  }
  const parts = fields(sh, text, names.length);
  for (const [i, name] of names.entries()) sh.set(name, parts[i] ?? '');
}

/** Splits by IFS into at most `count` fields; the last takes the rest. */
function fields(sh: Shell, text: string, count: number): string[] {
  const ifs = sh.get('IFS') ?? ' \t\n';
  if (ifs === '') return [text];
  const blank = [...ifs].filter((char) => /\s/.test(char)).join('');
  const isBlank = (char: string | undefined): boolean => char !== undefined && blank.includes(char);
  const out: string[] = [];
  let i = 0;
  let end = text.length;
  while (i < end && isBlank(text[i])) i++;
  while (end > i && isBlank(text[end - 1])) end--;
  while (i < end) {
    if (out.length === count - 1) {
      out.push(text.slice(i, end));
      break;
    }
    let stop = i;
    while (stop < end && !ifs.includes(text[stop] as string)) stop++;
    out.push(text.slice(i, stop));
    i = stop;
    while (i < end && isBlank(text[i])) i++;
    if (i < end && ifs.includes(text[i] as string) && !isBlank(text[i])) {
      i++;
      while (i < end && isBlank(text[i])) i++;
    }
  }
  return out;
}
