import type { Os } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';

/** Options of a subcommand by name, with their values when they are not given; the type of the value is the option's. */
export type Flags = Record<string, string | number | boolean>;

/** One of the image's subcommands. */
export interface Subcommand {
  flags: Flags;
  /** One-letter names. */
  short?: Record<string, string>;
  run(os: Os, flags: Flags, args: string[]): Task<number>;
}

type Widened<F> = { [K in keyof F]: F[K] extends number ? number : F[K] extends boolean ? boolean : string };

/** A subcommand whose `run` knows the types of its options, as an entry of the table of all. */
export function subcommand<F extends Flags>(one: {
  flags: F;
  short?: Record<string, string>;
  run(os: Os, flags: Widened<F>, args: string[]): Task<number>;
}): Subcommand {
  return one as unknown as Subcommand;
}

/** What is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Logging options that all subcommands take. */
const COMMON = new Set(['v', 'vmodule', 'logtostderr', 'alsologtostderr', 'stderrthreshold', 'log-flush-frequency']);

/** pflag's reading of options: `--name value`, `--name=value`, `--switch`, `-n value`. Throws {@link UsageError}. */
export function parse(one: Subcommand, words: readonly string[]): { flags: Flags; args: string[] } {
  const flags = { ...one.flags };
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--') return { flags, args: [...args, ...words.slice(i + 1)] };
    const [, dashes, name = '', , given] = /^(--?)([^=]+)(=(.*))?$/s.exec(word) ?? [];
    if (dashes === undefined) {
      args.push(word);
      continue;
    }
    const full = dashes === '-' ? (one.short?.[name] ?? name) : name;
    const known = one.flags[full];
    if (known === undefined && !COMMON.has(full))
      throw new UsageError(
        dashes === '-' ? `unknown shorthand flag: '${name}' in -${name}` : `unknown flag: --${name}`,
      );
    const text = given ?? (typeof known === 'boolean' ? 'true' : words[++i]);
    if (text === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    if (known !== undefined) flags[full] = typed(known, text, full);
  }
  return { flags, args };
}

function typed(known: string | number | boolean, text: string, name: string): string | number | boolean {
  if (typeof known === 'string') return text;
  if (typeof known === 'boolean') return text === 'true' || text === '1';
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new UsageError(
    `invalid argument "${text}" for "--${name}" flag: strconv.ParseInt: parsing "${text}": invalid syntax`,
  );
}
