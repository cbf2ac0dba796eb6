import { latinOf, ofLatin } from '../../../core/bytes.ts';
import type { Task } from '../../process/task.ts';
import { type CommandContext, CommandError, getopt } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import type { Made } from './sources.ts';

/** tr: byte for byte, as it comes. */

const CLASSES: Record<string, RegExp> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

const ALL = Array.from({ length: 256 }, (_, code) => code);

/** The bytes that a set of tr names, in its order. `fill`: how many a `[x*]` of the second set is to bring. */
function members(text: string, fill = 0): number[] {
  const set = latinOf(text);
  const out: number[] = [];
  for (let at = 0; at < set.length; ) {
    const [whole = '', name] = /^\[:(\w+):\]/.exec(set.slice(at)) ?? [];
    if (name !== undefined) {
      const test = CLASSES[name];
      if (!test) throw new CommandError(`invalid character class ‘${name}’`);
      out.push(...ALL.filter((code) => test.test(String.fromCharCode(code))));
      at += whole.length;
      continue;
    }
    const equal = /^\[=([\s\S])=\]/.exec(set.slice(at));
    const repeat = /^\[(\\[0-7]{1,3}|\\?[\s\S])\*(\d*)\]/.exec(set.slice(at));
    if (equal || repeat) {
      const code = one(equal?.[1] ?? repeat?.[1] ?? '', 0).code;
      const given = repeat?.[2] ?? '1';
      const count =
        Number(given) === 0 ? Math.max(0, fill - out.length) : Number.parseInt(given, given.startsWith('0') ? 8 : 10);
      for (let i = 0; i < count; i++) out.push(code);
      at += (equal ?? repeat)![0].length;
      continue;
    }
    const from = one(set, at);
    at = from.next;
    if (set[at] !== '-' || at + 1 >= set.length) {
      out.push(from.code);
      continue;
    }
    const to = one(set, at + 1);
    at = to.next;
    if (to.code < from.code)
      throw new CommandError(
        `range-endpoints of '${String.fromCharCode(from.code)}-${String.fromCharCode(to.code)}' are in reverse collating sequence order`,
      );
    for (let code = from.code; code <= to.code; code++) out.push(code);
  }
  return out;
}

/** One byte of a set, maybe with a backslash. */
function one(set: string, at: number): { code: number; next: number } {
  const octal = /^\\([0-3]?[0-7]{1,2})/.exec(set.slice(at, at + 4));
  if (octal) return { code: Number.parseInt(octal[1] as string, 8), next: at + octal[0].length };
  if (set[at] === '\\' && at + 1 < set.length)
    return { code: ESCAPES[set[at + 1] as string] ?? set.charCodeAt(at + 1), next: at + 2 };
  return { code: set.charCodeAt(at), next: at + 1 };
}

const LONG = { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' };

function assertOperands(rest: readonly string[], flags: ReadonlySet<string>): void {
  const hint = "\nTry 'tr --help' for more information.";
  const [deletes, squeezes] = [flags.has('d'), flags.has('s')];
  const wanted = deletes === squeezes ? 2 : 1;
  if (rest.length === 0) throw new CommandError(`missing operand${hint}`);
  if (rest.length < wanted)
    throw new CommandError(
      `missing operand after ‘${rest[0]}’\nTwo strings must be given when ${deletes ? 'both deleting and squeezing repeats' : 'translating'}.${hint}`,
    );
  const most = deletes && !squeezes ? 1 : 2;
  if (rest.length > most)
    throw new CommandError(
      `extra operand ‘${rest[most]}’${most === 1 ? '\nOnly one string may be given when deleting without squeezing repeats.' : ''}${hint}`,
    );
}

export const tr: Made = (make) =>
  function* (ctx) {
    const { flags, rest } =
      make === 'gnu'
        ? gnuOptions('tr', ctx.args, 'cCdst', LONG, { stopAtOperand: true })
        : getopt(ctx.args, 'cCdst', {}, true);
    if (make === 'gnu') assertOperands(rest, flags);
    const complement = flags.has('c') || flags.has('C');
    let from = members(rest[0] ?? '');
    if (complement) {
      const named = new Set(from);
      from = ALL.filter((code) => !named.has(code));
    }
    const to = members(rest[1] ?? '', from.length);
    if (flags.has('t')) from = from.slice(0, to.length);
    const translates = !flags.has('d') && rest.length > 1;
    if (translates && to.length === 0 && make === 'gnu')
      throw new CommandError('when not truncating set1, string2 must be non-empty');
    yield* stream(ctx, {
      deleted: new Set(flags.has('d') ? from : []),
      map: translates ? mapping(from, to) : undefined,
      squeezed: new Set(flags.has('s') ? (rest.length > 1 ? to : from) : []),
    });
    return 0;
  };

function mapping(from: readonly number[], to: readonly number[]): number[] {
  const map = [...ALL];
  const last = to.at(-1);
  if (last === undefined) return map;
  for (const [i, code] of from.entries()) map[code] = to[i] ?? last;
  return map;
}

interface Work {
  deleted: ReadonlySet<number>;
  map: readonly number[] | undefined;
  squeezed: ReadonlySet<number>;
}

function* stream(ctx: CommandContext, { deleted, map, squeezed }: Work): Task<void> {
  let last = -1;
  for (let text = yield* ctx.stdin.read(ctx.th); text !== undefined; text = yield* ctx.stdin.read(ctx.th)) {
    const bytes = latinOf(text);
    const out: string[] = [];
    for (let i = 0; i < bytes.length; i++) {
      const given = bytes.charCodeAt(i);
      if (deleted.has(given)) continue;
      const code = map ? (map[given] as number) : given;
      if (code === last && squeezed.has(code)) continue;
      last = code;
      out.push(String.fromCharCode(code));
    }
    ctx.os.useCpu(bytes.length / 50);
    if (out.length > 0) ctx.out(ofLatin(out.join('')));
  }
}
