import { textOf } from '../../../core/bytes.ts';
import { CommandError, getopt, value } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import { contents, type Made, sizeOf } from './sources.ts';

const LONG = { silent: 's', quiet: 's', verbose: 'l', bytes: 'n', 'print-bytes': 'b' };

/** cmp: the first byte in which two files differ, or all of them (`-l`). */
export const cmp: Made = (make) =>
  function* (ctx) {
    const options = make === 'gnu' ? gnuOptions('cmp', ctx.args, 'sln:bi:', LONG) : getopt(ctx.args, 'sln:');
    const { flags, rest } = options;
    if (rest.length === 0)
      throw new CommandError("missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.", 2);
    const [first = '-', second = '-'] = rest;
    const failed = { code: 0 };
    const [a, b] = yield* contents(ctx, [first, second], failed);
    if (!a || !b) return 2;
    const limit = sizeOf(value(options, 'n') ?? '') ?? Number.POSITIVE_INFINITY;
    const size = Math.min(a.bytes.length, b.bytes.length, limit);
    let differs = false;
    let rows = '';
    let line = 1;
    for (let at = 0; at < size; at++) {
      const [x = 0, y = 0] = [a.bytes[at], b.bytes[at]];
      if (x !== y) {
        differs = true;
        if (flags.has('s')) return 1;
        if (!flags.has('l')) {
          ctx.out(`${first} ${second} differ: ${make === 'gnu' ? 'byte' : 'char'} ${at + 1}, line ${line}\n`);
          return 1;
        }
        const octal = (byte: number): string => byte.toString(8).padStart(3);
        rows += `${String(at + 1).padStart(make === 'gnu' ? String(size).length : 0)} ${octal(x)} ${octal(y)}\n`;
      }
      if (x === 10) line++;
    }
    ctx.out(rows);
    const ends = Math.min(a.bytes.length, limit) !== Math.min(b.bytes.length, limit);
    if (ends && !flags.has('s')) {
      const short = a.bytes.length < b.bytes.length ? a : b;
      ctx.err(`EOF on ${short.name}${make === 'gnu' ? where(short.bytes, flags.has('l')) : ''}`);
    }
    return differs || ends ? 1 : 0;
  };

function where(bytes: Buffer, verbose: boolean): string {
  if (bytes.length === 0) return ' which is empty';
  const after = ` after byte ${bytes.length}`;
  if (verbose) return after;
  const count = textOf(bytes).split('\n').length - 1;
  return bytes.at(-1) === 10 ? `${after}, line ${count}` : `${after}, in line ${count + 1}`;
}
