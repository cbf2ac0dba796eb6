/** What was wrong with a command line; printed as `Error: <message>`, exit code 1. */
export class HelmUsageError extends Error {
  override readonly name = 'HelmUsageError';
}

type FlagKind = 'bool' | 'string' | 'list' | 'int' | 'duration' | 'optional';

interface FlagSpec {
  kind: FlagKind;
  short?: string;
  /** What a flag without a value means (`--dry-run`). */
  bare?: string;
}

export type FlagSpecs = Record<string, FlagSpec>;

export interface Parsed {
  args: string[];
  bool(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): string[];
  int(name: string): number | undefined;
  /** In milliseconds. */
  duration(name: string): number | undefined;
}

const bool: FlagSpec = { kind: 'bool' };
const text: FlagSpec = { kind: 'string' };
const list: FlagSpec = { kind: 'list' };

/** Flags of every command. Those that would reach another cluster are refused when set. */
const GLOBAL: FlagSpecs = {
  namespace: { kind: 'string', short: 'n' },
  help: { kind: 'bool', short: 'h' },
  debug: bool,
  color: text,
  colour: text,
  'burst-limit': { kind: 'int' },
  qps: text,
  kubeconfig: text,
  'kube-context': text,
  'kube-apiserver': text,
  'kube-token': text,
  'kube-as-user': text,
  'kube-as-group': list,
  'kube-ca-file': text,
  'kube-insecure-skip-tls-verify': bool,
  'kube-tls-server-name': text,
  'registry-config': text,
  'repository-cache': text,
  'repository-config': text,
  'content-cache': text,
};

const OUTSIDE = ['kubeconfig', 'kube-context', 'kube-apiserver', 'kube-token', 'kube-as-user', 'kube-ca-file'];

const VALUES: FlagSpecs = {
  values: { kind: 'list', short: 'f' },
  set: list,
  'set-string': list,
  'set-file': list,
  'set-json': list,
  'set-literal': list,
};

const ACTION: FlagSpecs = {
  wait: { kind: 'optional', bare: 'watcher' },
  'wait-for-jobs': bool,
  timeout: { kind: 'duration' },
  'no-hooks': bool,
  description: text,
  'dry-run': { kind: 'optional', bare: 'unchanged' },
  'force-conflicts': bool,
  'server-side': text,
};

const RENDER: FlagSpecs = {
  ...VALUES,
  'create-namespace': bool,
  'skip-crds': bool,
  version: text,
  'disable-openapi-validation': bool,
  'dependency-update': bool,
  'skip-schema-validation': bool,
  output: { kind: 'string', short: 'o' },
};

/** Flags by command; `get values` and the like have names of two words. */
export const FLAGS: Record<string, FlagSpecs> = {
  list: {
    'all-namespaces': { kind: 'bool', short: 'A' },
    date: { kind: 'bool', short: 'd' },
    deployed: bool,
    failed: bool,
    pending: bool,
    superseded: bool,
    uninstalled: bool,
    uninstalling: bool,
    filter: { kind: 'string', short: 'f' },
    max: { kind: 'int', short: 'm' },
    'no-headers': bool,
    offset: { kind: 'int' },
    output: { kind: 'string', short: 'o' },
    reverse: { kind: 'bool', short: 'r' },
    selector: { kind: 'string', short: 'l' },
    short: { kind: 'bool', short: 'q' },
  },
  status: { output: { kind: 'string', short: 'o' }, revision: { kind: 'int' } },
  history: { output: { kind: 'string', short: 'o' }, max: { kind: 'int' } },
  'get values': {
    all: { kind: 'bool', short: 'a' },
    output: { kind: 'string', short: 'o' },
    revision: { kind: 'int' },
  },
  'get manifest': { revision: { kind: 'int' } },
  'get hooks': { revision: { kind: 'int' } },
  'get notes': { revision: { kind: 'int' } },
  'get all': { revision: { kind: 'int' } },
  'get metadata': { revision: { kind: 'int' }, output: { kind: 'string', short: 'o' } },
  install: {
    ...RENDER,
    ...ACTION,
    'generate-name': { kind: 'bool', short: 'g' },
    'rollback-on-failure': bool,
    atomic: bool,
    replace: bool,
  },
  upgrade: {
    ...RENDER,
    ...ACTION,
    install: { kind: 'bool', short: 'i' },
    'reuse-values': bool,
    'reset-values': bool,
    'reset-then-reuse-values': bool,
    'rollback-on-failure': bool,
    atomic: bool,
    'cleanup-on-fail': bool,
    'history-max': { kind: 'int' },
  },
  rollback: { ...ACTION, 'cleanup-on-fail': bool, 'history-max': { kind: 'int' } },
  uninstall: {
    ...ACTION,
    'keep-history': bool,
    'ignore-not-found': bool,
    cascade: text,
  },
  template: {
    ...RENDER,
    'show-only': { kind: 'list', short: 's' },
    'include-crds': bool,
    'no-hooks': bool,
    'is-upgrade': bool,
    'kube-version': text,
    'api-versions': { kind: 'list', short: 'a' },
    'release-name': bool,
    'generate-name': { kind: 'bool', short: 'g' },
    validate: bool,
    'skip-tests': bool,
    'dry-run': { kind: 'optional', bare: 'unchanged' },
  },
  test: { timeout: { kind: 'duration' }, 'hide-notes': bool },
  package: { destination: { kind: 'string', short: 'd' }, version: text, 'app-version': text },
  'show chart': {},
  'show values': {},
  'show readme': {},
  'show crds': {},
  'show all': {},
  lint: { ...VALUES, strict: bool, quiet: bool },
  version: { short: bool, template: text },
  env: {},
};

/** Parses as pflag does, with its error texts; flags and arguments may be mixed. */
export function parseFlags(command: string, argv: readonly string[]): Parsed {
  const specs: FlagSpecs = { ...GLOBAL, ...FLAGS[command] };
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const put = (name: string, value: string): void => {
    check(name, specs[name], value);
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      args.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', ...rest] = word.slice(2).split('=');
      const spec = specs[name];
      if (!spec) throw new HelmUsageError(`unknown flag: --${name}`);
      if (rest.length > 0) put(name, rest.join('='));
      else if (spec.kind === 'bool') put(name, 'true');
      else if (spec.kind === 'optional') put(name, spec.bare ?? '');
      else if (i + 1 >= argv.length) throw new HelmUsageError(`flag needs an argument: --${name}`);
      else put(name, argv[++i] ?? '');
    } else if (word.startsWith('-') && word.length > 1) {
      if (shorthand(word, argv[i + 1], specs, put)) i++;
    } else args.push(word);
  }
  for (const name of OUTSIDE) {
    if (values.has(name)) throw new HelmUsageError(`--${name} is not supported: this shell reaches one cluster only`);
  }
  return accessors(args, values);
}

/** A group of short flags; true when the last one took the next word. */
function shorthand(
  word: string,
  next: string | undefined,
  specs: FlagSpecs,
  put: (name: string, value: string) => void,
): boolean {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? '';
    const entry = Object.entries(specs).find(([, spec]) => spec.short === letter);
    if (!entry) throw new HelmUsageError(`unknown shorthand flag: '${letter}' in ${word}`);
    const [name, spec] = entry;
    if (spec.kind === 'bool') {
      put(name, 'true');
      continue;
    }
    const rest = word.slice(at + 1).replace(/^=/, '');
    if (rest) {
      put(name, rest);
      return false;
    }
    if (next === undefined) throw new HelmUsageError(`flag needs an argument: '${letter}' in ${word}`);
    put(name, next);
    return true;
  }
  return false;
}

const DURATION = /^([\d.]+(ns|us|ms|s|m|h))+$/;

function check(name: string, spec: FlagSpec | undefined, value: string): void {
  const bad = (why: string): never => {
    const short = spec?.short ? `-${spec.short}, ` : '';
    throw new HelmUsageError(`invalid argument "${value}" for "${short}--${name}" flag: ${why}`);
  };
  if (spec?.kind === 'int' && !/^-?\d+$/.test(value)) bad(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  if (spec?.kind === 'bool' && !/^(true|false|1|0|t|f|T|F|TRUE|FALSE|True|False)$/.test(value)) {
    bad(`strconv.ParseBool: parsing "${value}": invalid syntax`);
  }
  if (spec?.kind === 'duration' && !DURATION.test(value) && value !== '0') {
    bad(/^[\d.]+$/.test(value) ? `time: missing unit in duration "${value}"` : `time: invalid duration "${value}"`);
  }
  if (name === 'output' && !['table', 'json', 'yaml'].includes(value)) {
    bad('invalid format type');
  }
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function accessors(args: string[], values: Map<string, string[]>): Parsed {
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  return {
    args,
    bool: (name) => /^(true|1|t)$/i.test(last(name) ?? ''),
    text: last,
    list: (name) => values.get(name) ?? [],
    int: (name) => (last(name) === undefined ? undefined : Number(last(name))),
    duration: (name) => {
      const value = last(name);
      if (value === undefined) return undefined;
      let total = 0;
      for (const [, amount = '0', unit = 's'] of value.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g))
        total += Number(amount) * (UNIT_MS[unit] ?? 0);
      return total;
    },
  };
}
