import data from './help.data.json' with { type: 'json' };

/** Help texts of the real helm by command (`get values`); the flags that all commands share stand in one place. */
const COMMANDS: Readonly<Record<string, string>> = data.commands;

/** Stands in the data for the user's home folder. */
const HOME = '/~';

export function isCommand(path: string): boolean {
  return Object.hasOwn(COMMANDS, path);
}

/** Help of a command (`''` is helm itself), with the defaults that hang on the home folder. */
export function help(command: string, home: string): string {
  return (COMMANDS[command] ?? '').replace('\n@global\n', data.globalFlags).replaceAll(HOME, home);
}

/** Names of the commands below one. */
export function subcommands(command: string): string[] {
  const prefix = command === '' ? '' : `${command} `;
  return Object.keys(COMMANDS).filter(
    (name) => name.startsWith(prefix) && name !== '' && !name.slice(prefix.length).includes(' '),
  );
}

/** The `Aliases:` line of a command's help. */
export function aliasesOf(command: string): string[] {
  const line = /\nAliases:\n {2}(.*)\n/.exec(COMMANDS[command] ?? '')?.[1] ?? '';
  return line.split(', ').slice(1);
}

/** The `Usage:` line, e.g. `helm install [NAME] [CHART] [flags]`. */
export function usageOf(command: string): string {
  return /\nUsage:\n {2}(.*)\n/.exec(COMMANDS[command] ?? '')?.[1] ?? '';
}

/** A line of a `Flags:` section: `-n, --namespace string   text`. */
export interface FlagLine {
  name: string;
  short?: string;
  /** Go's name of the value's type; empty for switches. */
  type: string;
  /** What the flag means without a value. */
  bare?: string;
}

/** Flags of a command with those of all commands. */
export function flagLines(command: string): FlagLine[] {
  const text = `${COMMANDS[command] ?? ''}${data.globalFlags}`;
  const pattern = /^ +(?:-(\w), )? {0,4}--([\w-]+)(?: ([A-Za-z0-9]+)(?:\[="?([^"\]]*)"?\])?)? {2,}/gm;
  return [...text.matchAll(pattern)].map(([, short, name = '', type = '', bare]) => ({
    name,
    type,
    ...(short ? { short } : {}),
    ...(bare === undefined ? {} : { bare }),
  }));
}
