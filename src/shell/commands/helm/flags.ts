import { type FlagLine, flagLines } from './help.ts';

/** What was wrong with a command line; printed as `Error: <message>`, exit code 1. */
export class HelmUsageError extends Error {
  override readonly name = 'HelmUsageError';
}

export interface Parsed {
  args: string[];
  has(name: string): boolean;
  bool(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): string[];
  int(name: string): number | undefined;
  /** In milliseconds. */
  duration(name: string): number | undefined;
}

/** Flags that would reach another cluster or other files of the host. */
const OUTSIDE = ['kubeconfig', 'kube-context', 'kube-apiserver', 'kube-token', 'kube-as-user', 'kube-ca-file'];

/** Flags that the help does not show. */
const HIDDEN: Record<string, FlagLine[]> = {
  install: [
    { name: 'atomic', type: '' },
    { name: 'force', type: '' },
  ],
  upgrade: [
    { name: 'atomic', type: '' },
    { name: 'force', type: '' },
  ],
  rollback: [{ name: 'force', type: '' }],
  template: [{ name: 'validate', type: '' }],
  'repo update': [{ name: 'fail-on-repo-update-fail', type: '' }],
  version: [{ name: 'client', type: '', short: 'c' }],
};

const DEPRECATED: Record<string, string> = {
  atomic: 'use --rollback-on-failure instead',
  force: 'use --force-replace instead',
  'fail-on-repo-update-fail': '',
};

const known = new Map<string, FlagLine[]>();

function specsOf(command: string): FlagLine[] {
  let specs = known.get(command);
  if (!specs) {
    specs = [...flagLines(command), ...(HIDDEN[command] ?? [])];
    known.set(command, specs);
  }
  return specs;
}

/** Parses as pflag does, with its error texts; flags and arguments may be mixed. `warn` hears of deprecated flags. */
export function parseFlags(command: string, argv: readonly string[], warn: (line: string) => void): Parsed {
  const parser = new Parser(specsOf(command), warn);
  parser.run(argv);
  return parser;
}

const DURATION = /^[+-]?(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))*$/;
const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BOOL = /^(true|false|1|0|t|f|T|F|TRUE|FALSE|True|False)$/;

class Parser implements Parsed {
  readonly args: string[] = [];
  readonly #values = new Map<string, string[]>();
  constructor(
    readonly specs: readonly FlagLine[],
    readonly warn: (line: string) => void,
  ) {}

  run(argv: readonly string[]): void {
    for (let i = 0; i < argv.length; i++) {
      const word = argv[i] ?? '';
      if (word === '--') {
        this.args.push(...argv.slice(i + 1));
        break;
      }
      if (word.startsWith('--')) i += this.#long(word, argv[i + 1]);
      else if (word.startsWith('-') && word.length > 1) i += this.#short(word, argv[i + 1]);
      else this.args.push(word);
    }
    for (const name of OUTSIDE) {
      if (this.has(name)) throw new HelmUsageError(`--${name} is not supported: this shell reaches one cluster only`);
    }
  }

  /** Returns how many further words were taken. */
  #long(word: string, next: string | undefined): 0 | 1 {
    const [name = '', ...rest] = word.slice(2).split('=');
    if (name === '' || name.startsWith('-')) throw new HelmUsageError(`bad flag syntax: ${word}`);
    const spec = this.specs.find((one) => one.name === name);
    if (!spec) throw new HelmUsageError(`unknown flag: --${name}`);
    if (rest.length > 0) return this.#put(spec, rest.join('='));
    if (spec.type === '') return this.#put(spec, 'true');
    if (spec.bare !== undefined) return this.#put(spec, spec.bare);
    if (next === undefined) throw new HelmUsageError(`flag needs an argument: --${name}`);
    this.#put(spec, next);
    return 1;
  }

  #short(word: string, next: string | undefined): 0 | 1 {
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      const spec = this.specs.find((one) => one.short === letter);
      if (!spec) throw new HelmUsageError(`unknown shorthand flag: '${letter}' in ${word}`);
      const rest = word.slice(at + 1);
      if (rest.startsWith('=')) return this.#put(spec, rest.slice(1));
      if (spec.type === '') {
        this.#put(spec, 'true');
        continue;
      }
      if (rest) return this.#put(spec, rest);
      if (next === undefined) throw new HelmUsageError(`flag needs an argument: '${letter}' in ${word}`);
      this.#put(spec, next);
      return 1;
    }
    return 0;
  }

  #put(spec: FlagLine, value: string): 0 {
    check(spec, value);
    const { name } = spec;
    if (!this.has(name) && Object.hasOwn(DEPRECATED, name) && DEPRECATED[name])
      this.warn(`Flag --${name} has been deprecated, ${DEPRECATED[name]}`);
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
    return 0;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }
  bool(name: string): boolean {
    return /^(true|1|t)$/i.test(this.text(name) ?? '');
  }
  list(name: string): string[] {
    return this.#values.get(name) ?? [];
  }
  int(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
  duration(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    let total = 0;
    for (const [, amount = '0', unit = 's'] of value.matchAll(/([\d.]+)(ns|us|ms|s|m|h)/g))
      total += Number(amount) * (UNIT_MS[unit] ?? 0);
    return value.startsWith('-') ? -total : total;
  }
}

/** Why a value does not fit its type, as strconv and time say it. */
const WRONG: Record<string, (value: string) => string | undefined> = {
  '': (value) => (BOOL.test(value) ? undefined : `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`),
  int: (value) =>
    /^[+-]?\d+$/.test(value) ? undefined : `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
  uint: (value) =>
    /^\d+$/.test(value) ? undefined : `strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`,
  float32: (value) =>
    Number.isNaN(Number(value)) || value === ''
      ? `strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`
      : undefined,
  format: (value) => (['table', 'json', 'yaml'].includes(value) ? undefined : 'invalid format type'),
  WaitStrategy: (value) =>
    ['watcher', 'hookOnly', 'legacy', 'true', 'false'].includes(value)
      ? undefined
      : `invalid wait input ${JSON.stringify(value)}. Valid inputs are watcher, hookOnly, and legacy`,
  stringToString: (value) =>
    value.split(',').every((pair) => pair.includes('=')) ? undefined : `${value} must be formatted as key=value`,
  postRendererString: (value) => (value === '' ? undefined : `plugin: {Name:${value} Type:postrenderer/v1} not found`),
  duration: (value) => {
    if (value === '0' || DURATION.test(value)) return undefined;
    const shown = JSON.stringify(value);
    if (/^[+-]?[\d.]+$/.test(value) && /\d/.test(value)) return `time: missing unit in duration ${shown}`;
    const unit = /^[+-]?(?:\d+\.?\d*|\.\d+)([^\d.]+)/.exec(value)?.[1];
    return unit ? `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}` : `time: invalid duration ${shown}`;
  },
};

function check(spec: FlagLine, value: string): void {
  const why = WRONG[spec.type]?.(value);
  if (why === undefined) return;
  const short = spec.short ? `-${spec.short}, ` : '';
  throw new HelmUsageError(`invalid argument ${JSON.stringify(value)} for "${short}--${spec.name}" flag: ${why}`);
}
