import type { Verb } from './context.ts';
import type { FlagSpec } from './flags.ts';

function flagLine(flag: FlagSpec): string {
  const value =
    flag.default ??
    (flag.type === 'bool'
      ? 'false'
      : flag.type === 'strings' || flag.type === 'array'
        ? '[]'
        : flag.type === 'int'
          ? '0'
          : flag.type === 'duration'
            ? '0s'
            : "''");
  return `    ${flag.short ? `-${flag.short}, ` : ''}--${flag.name}=${value}:\n\t${flag.help ?? ''}\n`;
}

/** Help of one verb: what it does, its subcommands or flags, how it is called. */
export function helpText(verb: Verb, command: string): string {
  let text = `${verb.short}.\n\n`;
  if (verb.subcommands) {
    const wide = Math.max(...verb.subcommands.map((sub) => sub.name.length));
    text += `Available Commands:\n${verb.subcommands.map((sub) => `  ${sub.name.padEnd(wide)}   ${sub.short}\n`).join('')}\n`;
  }
  if (verb.flags.length > 0)
    text += `Options:\n${[...verb.flags]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(flagLine)
      .join('\n')}\n`;
  text += `Usage:\n  ${command} ${verb.usage}\n`;
  if (verb.subcommands) text += `\nUse "${command} <command> --help" for more information about a given command.\n`;
  return text;
}

export function rootHelp(verbs: Verb[]): string {
  const wide = Math.max(...verbs.map((verb) => verb.name.length));
  return `kubectl controls the Kubernetes cluster manager.\n\nCommands:\n${verbs.map((verb) => `  ${verb.name.padEnd(wide)}   ${verb.short}\n`).join('')}\nUsage:\n  kubectl [flags] [options]\n\nUse "kubectl <command> --help" for more information about a given command.\n`;
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
export function rootUnknown(name: string, verbs: Verb[]): string {
  const near = verbs
    .map((verb) => verb.name)
    .filter((verb) => distance(name, verb) <= 2 || verb.startsWith(name.toLowerCase()));
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((verb) => `\t${verb}\n`).join('')}` : '';
  return `error: unknown command ${JSON.stringify(name)} for "kubectl"${hint}`;
}

export function subcommandUnknown(_verb: Verb, command: string, name: string): string {
  return `error: unknown command ${JSON.stringify(name)}\nSee '${command} -h' for help and examples\n`;
}
