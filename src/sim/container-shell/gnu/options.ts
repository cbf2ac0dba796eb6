import { CommandError, getopt, type Options } from '../command.ts';

/** getopt_long as GNU's programs use it: options anywhere, long ones by their beginning, complaints with a hint. */
export function gnuOptions(
  name: string,
  args: readonly string[],
  spec: string,
  long: Record<string, string> = {},
  { code = 1, stopAtOperand = false }: { code?: number; stopAtOperand?: boolean } = {},
): Options {
  const hint = `\nTry '${name} --help' for more information.`;
  const expanded: string[] = [];
  let only = false;
  for (const arg of args) {
    if (only || !/^--./.test(arg)) {
      expanded.push(arg);
      only ||= arg === '--' || (stopAtOperand && !arg.startsWith('-'));
      continue;
    }
    const [given = '', ...rest] = arg.slice(2).split('=');
    const hits = Object.keys(long).filter((word) => word === given || word.startsWith(given));
    const hit =
      hits.find((word) => word === given) ?? (new Set(hits.map((word) => long[word])).size === 1 ? hits[0] : undefined);
    if (hit === undefined)
      throw new CommandError(
        hits.length > 1
          ? `option '--${given}' is ambiguous; possibilities:${hits.map((word) => ` '--${word}'`).join('')}${hint}`
          : `unrecognized option '--${given}'${hint}`,
        code,
      );
    const letter = long[hit] as string;
    const takes = spec[spec.indexOf(letter) + 1] === ':';
    if (rest.length > 0 && !takes) {
      if (spec[spec.indexOf(letter) + 1] === '?') expanded.push(`-${letter}`);
      else throw new CommandError(`option '--${hit}' doesn't allow an argument${hint}`, code);
    } else expanded.push(rest.length > 0 ? `--${hit}=${rest.join('=')}` : `--${hit}`);
  }
  try {
    return getopt(expanded, spec.replaceAll('?', ''), long, stopAtOperand);
  } catch (error) {
    if (error instanceof CommandError) throw new CommandError(`${error.message}${hint}`, code);
    throw error;
  }
}
