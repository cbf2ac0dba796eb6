import type { FlagSpec, FlagType } from './flags.ts';
import texts from './help.data.json' with { type: 'json' };

/** Help of every command of kubectl 1.35, by its path (`create secret generic`), as the real one prints it. */
const HELP = texts as Record<string, string>;

/** The help of a command, e.g. `kubectl create secret`; undefined for what kubectl does not have. */
export function helpText(command: string, home = '/root'): string | undefined {
  return HELP[pathOf(command)]?.replaceAll('<home>', home);
}

const pathOf = (command: string): string => command.replace(/^kubectl ?/, '');

function typeOf(value: string): FlagType {
  if (value === 'true' || value === 'false') return 'bool';
  if (value === '[]') return 'array';
  if (/^-?\d+$/.test(value)) return 'int';
  return /^\d+(h|m|s)/.test(value) ? 'duration' : 'string';
}

const flagsRead = new Map<string, FlagSpec[]>();

/** The flags that a command's help lists, with their defaults. */
export function helpFlags(command: string): FlagSpec[] {
  const path = pathOf(command);
  let flags = flagsRead.get(path);
  if (!flags) {
    flags = [...(HELP[path] ?? '').matchAll(/^ {4}(?:-(\w), )?--([\w-]+)=(.*):$/gm)].map(
      ([, short, name = '', value = '']): FlagSpec => ({
        name,
        short,
        type: typeOf(value),
        default: value === '[]' ? undefined : value.replace(/^'(.*)'$/, '$1'),
      }),
    );
    flagsRead.set(path, flags);
  }
  return flags;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** cobra's answer to an unknown command: names within edit distance 2 or with that beginning are suggested. */
export function rootUnknown(name: string, commands: string[]): string {
  const lower = name.toLowerCase();
  const near = commands.filter((one) => distance(lower, one) <= 2 || one.startsWith(lower));
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((one) => `\t${one}\n`).join('')}` : '';
  return `error: unknown command ${JSON.stringify(name)} for "kubectl"${hint}`;
}

/** `help` of what is no command: the lists of the root's help, without its head. */
export function unknownTopic(topic: string[]): string {
  const lists = HELP['']!.slice(HELP['']!.indexOf('\nBasic Commands') + 1);
  return `Unknown help topic [\`${topic.join('` `')}\`]\n\n\n${lists}`;
}

export function subcommandUnknown(command: string, name: string): string {
  return `error: unknown command ${JSON.stringify(name)}\nSee '${command} -h' for help and examples\n`;
}
