import type { Prng } from '../../../../core/prng.ts';
import { beyond, Float, integerOf, numberOf, Table, textOf, type Value } from './values.ts';

function text(value: Value): string {
  if (value === undefined) return 'nil';
  return typeof value === 'boolean' ? String(value) : textOf(value);
}

const string = (value: Value): string => (value instanceof Table ? beyond('a table as text') : textOf(value));

/** `%d` with zeros and width, `%s`, `%%`. */
function format(args: readonly Value[]): string {
  let next = 1;
  return string(args[0]).replace(/%(0?)(\d*)([a-zA-Z%])/g, (_, zero: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = args[next++];
    if (verb === 'd')
      return String(integerOf(value)).padStart(Number(width), zero === '' || integerOf(value) < 0 ? ' ' : '0');
    return verb === 's' && width === '' ? text(value) : beyond(`format %${verb}`);
  });
}

/** Positions of `string.sub`, from 1; negative ones count from the end. */
function sub(s: string, from: number, to: number): string {
  const first = from < 0 ? Math.max(1, s.length + from + 1) : Math.max(1, from);
  return s.slice(first - 1, to < 0 ? Math.max(0, s.length + to + 1) : to);
}

/** As `__random` of the interpreter, over the same stream. */
function random(rng: Prng, [a, b]: readonly Value[]): Value {
  if (a === undefined) return new Float(rng.float());
  const low = b === undefined ? 1 : integerOf(a);
  const high = integerOf(b ?? a);
  if (high < low) beyond('interval is empty');
  return low + Math.floor(rng.float() * (high - low + 1));
}

const listed = (table: Value): Table => (table instanceof Table ? table : beyond('no table'));
const REPEATED_MAX = 10_000;

/** The globals of a wrk script beside `wrk`: the library's functions that load scripts use. */
export function globals(rng: Prng, nowS: () => number): Table {
  const rounded =
    (round: (n: number) => number) =>
    ([v]: readonly Value[]) => [integerOf(round(numberOf(v)))];
  const socket = new Table({ gettime: () => [new Float(nowS())] });
  return new Table({
    tostring: ([v]) => [text(v)],
    require: ([name]) => [name === 'socket' ? socket : beyond('a module')],
    math: new Table({
      random: (args) => [random(rng, args)],
      randomseed: () => [],
      floor: rounded(Math.floor),
      ceil: rounded(Math.ceil),
    }),
    string: new Table({
      format: (args) => [format(args)],
      rep: ([s, n]) => {
        const count = Math.max(0, integerOf(n));
        return [count > REPEATED_MAX ? beyond('a long text') : string(s).repeat(count)];
      },
      len: ([s]) => [string(s).length],
      sub: ([s, from, to]) => [sub(string(s), integerOf(from), to === undefined ? -1 : integerOf(to))],
      upper: ([s]) => [string(s).toUpperCase()],
      lower: ([s]) => [string(s).toLowerCase()],
    }),
    table: new Table({
      insert: (args) => {
        if (args.length !== 2) beyond('insert at a place');
        const list = listed(args[0]);
        list.set(list.length + 1, args[1]);
        return [];
      },
      concat: ([list, between]) => {
        const table = listed(list);
        const parts = Array.from({ length: table.length }, (_, i) => string(table.get(i + 1)));
        return [parts.join(between === undefined ? '' : string(between))];
      },
    }),
    os: new Table({
      time: (args) => [args.length === 0 ? Math.floor(nowS()) : beyond('a time of day')],
      clock: () => [new Float(nowS())],
    }),
  });
}
