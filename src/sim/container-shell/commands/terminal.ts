import type { Os } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { type Command, type CommandContext, CommandError } from '../command.ts';

/** Whether a standard stream (by its number) of a process is a terminal. */
export function isTerminal(os: Os, fd: string): boolean {
  const streams = [os.stdin, os.stdout, os.stderr];
  return streams[Number(fd)]?.terminal !== undefined;
}

function* tty(ctx: CommandContext): Task<number> {
  const { terminal } = ctx.stdin;
  if (!ctx.args.includes('-s')) ctx.out(terminal ? '/dev/pts/0\n' : 'not a tty\n');
  return terminal ? 0 : 1;
}

/** `size`, `echo`, `-echo`, `sane` and `rows`/`cols`: what scripts ask for. */
function* stty(ctx: CommandContext): Task<number> {
  const { terminal } = ctx.stdin;
  if (!terminal) throw new CommandError('standard input: Inappropriate ioctl for device');
  if (ctx.args.length === 0) {
    ctx.out(`speed 38400 baud; line = 0;\n${terminal.echo ? '' : '-echo\n'}`);
    return 0;
  }
  const words = [...ctx.args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'size') ctx.out(`${terminal.rows} ${terminal.columns}\n`);
    else if (word === 'echo' || word === '-echo') terminal.echo = word === 'echo';
    else if (word === 'sane') terminal.echo = true;
    else if (word === 'rows') terminal.rows = Number(words.shift());
    else if (word === 'cols' || word === 'columns') terminal.columns = Number(words.shift());
    else throw new CommandError(`${word} is not supported here`);
  }
  return 0;
}

export const terminalCommands: Record<string, Command> = { tty, stty };
