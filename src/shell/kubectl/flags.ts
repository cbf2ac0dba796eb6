import { KubectlExit } from './errors.ts';

export type FlagType = 'bool' | 'string' | 'int' | 'duration' | 'strings' | 'array';

export interface FlagSpec {
  name: string;
  short?: string;
  type: FlagType;
  /** Default, as it would be typed. */
  default?: string;
  /** Value of a flag given without `=value` (pflag's NoOptDefVal); bools have `true`. */
  bare?: string;
  /** kubectl knows it only while this variable is true. */
  variable?: string;
  /** kubectl takes it and its help does not list it. */
  hidden?: true;
  /** kubectl knows it and this shell does not carry it out: using it is refused instead of being passed over. */
  unsupported?: true;
}

/** Flags of one call, with defaults filled in. */
export class Flags {
  readonly #values = new Map<string, string | string[]>();
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly changed = new Set<string>();

  constructor(specs: ReadonlyMap<string, FlagSpec>) {
    this.#specs = specs;
  }

  set(name: string, value: string): void {
    const spec = this.#specs.get(name);
    this.changed.add(name);
    if (spec?.type === 'strings' || spec?.type === 'array') {
      const old = (this.#values.get(name) as string[] | undefined) ?? [];
      this.#values.set(name, [...old, ...(spec.type === 'strings' ? value.split(',') : [value])]);
    } else this.#values.set(name, value);
  }

  str(name: string): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : (this.#specs.get(name)?.default ?? '');
  }
  list(name: string): string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }
  bool(name: string): boolean {
    return parseBool(this.str(name)) ?? false;
  }
  int(name: string): number {
    return Number.parseInt(this.str(name) || '0', 10);
  }
  /** Milliseconds. */
  duration(name: string): number {
    return parseDuration(this.str(name) || '0') ?? 0;
  }
  has(name: string): boolean {
    return this.#specs.has(name);
  }
}

/** Go's strconv.ParseBool. */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's time.ParseDuration, in milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(number) * (UNIT_MS[unit!] ?? 0);
  return text.startsWith('-') ? -total : total;
}

function durationComplaint(text: string): string {
  if (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return `time: missing unit in duration ${JSON.stringify(text)}`;
  const unit = /^[+-]?(?:\d+\.?\d*|\.\d+)([^\d.]+)/.exec(text)?.[1];
  if (unit !== undefined && !(unit in UNIT_MS))
    return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
  return `time: invalid duration ${JSON.stringify(text)}`;
}

function complaint(type: FlagType, value: string): string | undefined {
  if (type === 'bool' && parseBool(value) === undefined)
    return `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (type === 'int' && !/^[+-]?\d+$/.test(value))
    return `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (type === 'duration' && parseDuration(value) === undefined) return durationComplaint(value);
  return undefined;
}

export interface ParsedArgs {
  flags: Flags;
  args: string[];
  /** Number of `args` that came before `--`; undefined without `--`. */
  dashAt: number | undefined;
  help: boolean;
}

/** Parses like pflag; errors are pflag's texts with kubectl's hint (`command` is e.g. `kubectl get`). */
export function parseFlags(argv: string[], specs: FlagSpec[], command: string, interspersed = true): ParsedArgs {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const byShort = new Map(specs.filter((spec) => spec.short).map((spec) => [spec.short!, spec]));
  const flags = new Flags(byName);
  const out: ParsedArgs = { flags, args: [], dashAt: undefined, help: false };
  const fail = (text: string): never => {
    throw new KubectlExit(`error: ${text}\nSee '${command} --help' for usage.`);
  };
  const assign = (spec: FlagSpec, value: string): void => {
    const wrong = complaint(spec.type, value);
    const label = spec.short ? `-${spec.short}, --${spec.name}` : `--${spec.name}`;
    if (wrong) fail(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(label)} flag: ${wrong}`);
    flags.set(spec.name, value);
  };
  const bareOf = (spec: FlagSpec): string | undefined => (spec.type === 'bool' ? 'true' : spec.bare);
  let i = 0;
  const long = (arg: string): void => {
    const equals = arg.indexOf('=');
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    if (name === 'help') {
      out.help = true;
      return;
    }
    const spec = byName.get(name);
    if (!spec) {
      fail(`unknown flag: --${name}`);
      return;
    }
    if (equals >= 0) {
      assign(spec, arg.slice(equals + 1));
      return;
    }
    const bare = bareOf(spec);
    if (bare !== undefined) {
      assign(spec, bare);
      return;
    }
    if (i >= argv.length) {
      fail(`flag needs an argument: --${name}`);
      return;
    }
    assign(spec, argv[i++]!);
  };
  const shorts = (arg: string): void => {
    for (let rest = arg.slice(1); rest !== ''; ) {
      const letter = rest[0]!;
      if (letter === 'h' && !byShort.has('h')) {
        out.help = true;
        return;
      }
      const spec = byShort.get(letter);
      if (!spec) {
        fail(`unknown shorthand flag: '${letter}' in -${rest}`);
        return;
      }
      const bare = bareOf(spec);
      if (rest[1] === '=') {
        assign(spec, rest.slice(2));
        return;
      }
      if (bare !== undefined) {
        assign(spec, bare);
        rest = rest.slice(1);
        continue;
      }
      if (rest.length > 1) {
        assign(spec, rest.slice(1));
        return;
      }
      if (i >= argv.length) {
        fail(`flag needs an argument: '${letter}' in -${rest}`);
        return;
      }
      assign(spec, argv[i++]!);
      return;
    }
  };
  while (i < argv.length) {
    const arg = argv[i++]!;
    if (arg === '--') {
      out.dashAt = out.args.length;
      out.args.push(...argv.slice(i));
      break;
    }
    if (arg.startsWith('--')) long(arg);
    else if (arg.startsWith('-') && arg.length > 1) shorts(arg);
    else {
      out.args.push(arg);
      if (!interspersed) {
        out.args.push(...argv.slice(i));
        break;
      }
    }
  }
  return out;
}

/** --request-timeout in milliseconds, Infinity for none: requests are answered at once, so it bounds only what streams. */
export function requestTimeout({ flags }: { flags: Flags }): number {
  const text = flags.str('request-timeout');
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : (parseDuration(text) ?? Number.NaN);
  if (Number.isNaN(ms))
    throw new KubectlExit(
      'error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}
