import { HelmUsageError, type Parsed } from './flags.ts';
import { aliasesOf, isCommand, subcommands, usageOf } from './help.ts';

/** Commands that have others below them; without one they show their help. */
const GROUPS = ['', ...subcommands('').filter((name) => subcommands(name).length > 0), 'completion'];

/** Global flags that take the next word when they stand before the command. */
const TAKES_VALUE =
  /^(-n|--(?:namespace|kube-.*|kubeconfig|color|colour|qps|burst-limit|registry-config|repository-.*|content-cache))$/;

export interface Found {
  command: string;
  rest: string[];
}

/** The command's one or two words; flags may stand before and between. */
export function findCommand(argv: readonly string[]): Found {
  const rest: string[] = [];
  const words = [...argv];
  let command = '';
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word.startsWith('-')) {
      rest.push(word);
      if (TAKES_VALUE.test(word) && words[0] !== undefined) rest.push(words.shift() ?? '');
      continue;
    }
    const name = resolve(command, word);
    if (name === undefined) {
      if (command === '') throw new HelmUsageError(unknownCommand(word));
      rest.push(word);
      break;
    }
    command = name;
    if (!GROUPS.includes(command)) break;
  }
  return { command, rest: [...rest, ...words] };
}

export function isGroup(command: string): boolean {
  return GROUPS.includes(command);
}

/** Aliases that the help of a group's command does not repeat. */
const ALIASES: Record<string, string> = { hist: 'history', un: 'uninstall', del: 'uninstall', delete: 'uninstall' };

function resolve(above: string, word: string): string | undefined {
  if (above === '' && word === 'help') return 'help';
  const prefix = above === '' ? '' : `${above} `;
  if (isCommand(prefix + word)) return prefix + word;
  if (above === '' && ALIASES[word]) return ALIASES[word];
  return subcommands(above).find((name) => aliasesOf(name).includes(word));
}

/** In the order in which helm adds them, which is that of its suggestions. */
const ORDER = (
  'create dependency pull show lint package repo search verify get history install list test rollback status template ' +
  'uninstall upgrade completion env plugin version registry push'
).split(' ');

function unknownCommand(word: string): string {
  const near = ORDER.filter((name) => distance(word.toLowerCase(), name) <= 2 || name.startsWith(word.toLowerCase()));
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}` : '';
  return `unknown command ${JSON.stringify(word)} for "helm"${hint}\nRun 'helm --help' for usage.`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** How many arguments a command takes; the third word says how it complains. */
const ARITY: Record<string, readonly [min: number, max: number]> = {
  create: [1, 1],
  'dependency build': [0, 1],
  'dependency list': [0, 1],
  'dependency update': [0, 1],
  env: [0, 1],
  'get all': [1, 1],
  'get hooks': [1, 1],
  'get manifest': [1, 1],
  'get metadata': [1, 1],
  'get notes': [1, 1],
  'get values': [1, 1],
  history: [1, 1],
  install: [1, Number.POSITIVE_INFINITY],
  lint: [1, Number.POSITIVE_INFINITY],
  list: [0, 0],
  'plugin install': [1, 1],
  'plugin list': [0, Number.POSITIVE_INFINITY],
  pull: [1, Number.POSITIVE_INFINITY],
  push: [2, Number.POSITIVE_INFINITY],
  'registry login': [1, Number.POSITIVE_INFINITY],
  'registry logout': [1, Number.POSITIVE_INFINITY],
  'repo add': [2, 2],
  'repo index': [1, 1],
  'repo list': [0, 0],
  'repo remove': [1, Number.POSITIVE_INFINITY],
  rollback: [1, Number.POSITIVE_INFINITY],
  'show all': [1, 1],
  'show chart': [1, 1],
  'show crds': [1, 1],
  'show readme': [1, 1],
  'show values': [1, 1],
  status: [1, 1],
  template: [1, Number.POSITIVE_INFINITY],
  test: [1, 1],
  uninstall: [1, Number.POSITIVE_INFINITY],
  upgrade: [2, 2],
  verify: [1, 1],
  version: [0, 0],
};

/** Throws in helm's words when a command has too few or too many arguments. */
export function checkArity(command: string, flags: Parsed): void {
  const [min, max] = ARITY[command] ?? [0, Number.POSITIVE_INFINITY];
  const count = flags.args.length;
  if (count >= min && count <= max) return;
  const plural = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`;
  const name = `"helm ${command}"`;
  let needs = `${name} requires at least ${plural(min)}`;
  if (max === 0) needs = `${name} accepts no arguments`;
  else if (min === max) needs = `${name} requires ${plural(min)}`;
  else if (count > max) needs = `${name} accepts at most ${plural(max)}`;
  throw new HelmUsageError(`${needs}\n\nUsage:  ${usageOf(command)}`);
}
