import { type GoFunction, GoObject, Int64 } from '../template/value.ts';
import { fail, fn } from './table.ts';

const LOOSE =
  /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

const NUMBER_MAX = 18446744073709551615n;

/** A version as the library Masterminds/semver reads it: short forms are filled up, a leading `v` is dropped. */
export class SemVer extends GoObject {
  readonly typeName = '*semver.Version';
  override readonly kind = 'ptr';
  constructor(
    readonly parts: readonly [bigint, bigint, bigint],
    readonly pre: string,
    readonly metadata: string,
    readonly original: string,
  ) {
    super();
  }

  print(): string {
    return this.parts.join('.') + (this.pre ? `-${this.pre}` : '') + (this.metadata ? `+${this.metadata}` : '');
  }

  override toJson(): string {
    return this.print();
  }

  override method(name: string): GoFunction | undefined {
    const at = ['Major', 'Minor', 'Patch'].indexOf(name);
    if (at >= 0) return fn('', () => new Int64(this.parts[at] ?? 0n, 'uint64'));
    const texts: Record<string, string> = {
      Prerelease: this.pre,
      Metadata: this.metadata,
      Original: this.original,
      String: this.print(),
    };
    if (name in texts) return fn('', () => texts[name] ?? '');
    const tests: Record<string, (order: number) => boolean> = {
      LessThan: (order) => order < 0,
      LessThanEqual: (order) => order <= 0,
      GreaterThan: (order) => order > 0,
      GreaterThanEqual: (order) => order >= 0,
      Equal: (order) => order === 0,
    };
    if (name === 'Compare') return fn('any', (other: SemVer) => BigInt(compareVersions(this, other)));
    const test = tests[name];
    if (test) return fn('any', (other: SemVer) => test(compareVersions(this, other)));
    return this.#increase(name);
  }

  #increase(name: string): GoFunction | undefined {
    const [major, minor, patch] = this.parts;
    const next: Record<string, [bigint, bigint, bigint]> = {
      IncMajor: [major + 1n, 0n, 0n],
      IncMinor: [major, minor + 1n, 0n],
      // the release that a pre-release stands for comes before its next patch
      IncPatch: this.pre ? [major, minor, patch] : [major, minor, patch + 1n],
    };
    const parts = next[name];
    return parts && fn('', () => new SemVer(parts, '', '', parts.join('.')));
  }
}

/** Throws FunctionError in the library's words. */
export function parseVersion(text: string): SemVer {
  const match = LOOSE.exec(text) ?? fail('invalid semantic version');
  const number = (part: string | undefined): bigint => {
    const digits = (part ?? '').replace(/^\./, '') || '0';
    const value = BigInt(digits);
    if (value > NUMBER_MAX)
      fail(`error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`);
    return value;
  };
  const pre = match[5] ?? '';
  for (const part of pre.split('.')) {
    if (/^0[0-9]+$/.test(part)) fail('version segment starts with 0');
  }
  return new SemVer([number(match[1]), number(match[2]), number(match[3])], pre, match[7] ?? '', text);
}

export function compareVersions(a: SemVer, b: SemVer): number {
  for (let i = 0; i < 3; i++) {
    const [x, y] = [a.parts[i] ?? 0n, b.parts[i] ?? 0n];
    if (x !== y) return x < y ? -1 : 1;
  }
  return comparePre(a.pre, b.pre);
}

/** A release comes after its pre-releases; numbers come before words. */
function comparePre(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [x, y] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p, q] = [x[i], y[i]];
    if (p === q) continue;
    if (p === undefined) return -1;
    if (q === undefined) return 1;
    const [m, n] = [/^[0-9]+$/.test(p), /^[0-9]+$/.test(q)];
    if (m && n) return BigInt(p) < BigInt(q) ? -1 : 1;
    if (m !== n) return m ? -1 : 1;
    return p < q ? -1 : 1;
  }
  return 0;
}

const VERSION =
  'v?([0-9|xX*]+)(\\.[0-9|xX*]+)?(\\.[0-9|xX*]+)?(-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?';
const PLAIN = VERSION.replace(/\((?!\?)/g, '(?:');
/** Alternatives in the order in which Go's leftmost-first matching tries them; the first is empty. */
const OPERATORS = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^';
const ONE = new RegExp(`^\\s*(${OPERATORS})\\s*(${VERSION})\\s*$`);
const FIND = new RegExp(`(?:${OPERATORS})\\s*(?:${PLAIN})`, 'g');
const VALID = new RegExp(
  `^(\\s*(?:${OPERATORS})\\s*(?:${PLAIN})\\s*)((?:\\s+|,\\s*)(?:${OPERATORS})\\s*(?:${PLAIN})\\s*)*$`,
);
const RANGE = new RegExp(`\\s*(${PLAIN})\\s+-\\s+(${PLAIN})\\s*`, 'g');

interface Constraint {
  operator: string;
  version: SemVer;
  /** What is left open: `1.x` has an open minor, `1.2` an open patch, `*` all. */
  minorOpen: boolean;
  patchOpen: boolean;
  open: boolean;
}

function parseConstraint(text: string): Constraint {
  const match = ONE.exec(text) ?? fail(`improper constraint: ${text}`);
  const [, operator = '', whole = '', major = '', minor = '', patch = '', pre = ''] = match;
  const any = (part: string): boolean => ['', 'x', 'X', '*'].includes(part.replace(/^\./, ''));
  const made = (version: string, minorOpen: boolean, patchOpen: boolean, open: boolean): Constraint => {
    try {
      return { operator, version: parseVersion(version), minorOpen, patchOpen, open };
    } catch {
      return fail('constraint parser error');
    }
  };
  if (any(major)) return made(`0.0.0${pre}`, false, false, true);
  if (any(minor)) return made(`${major}.0.0${pre}`, true, false, true);
  if (any(patch)) return made(`${major}${minor}.0${pre}`, false, true, true);
  return made(whole, false, false, false);
}

/** Whether a version lies in a constraint such as `>=1.2, <2 || 3.x`; throws FunctionError for what is not one. */
export function semverCompare(constraint: string, value: string): boolean {
  const alternatives = parseConstraints(constraint);
  return satisfies(alternatives, parseVersion(value));
}

export function parseConstraints(text: string): Constraint[][] {
  const spread = text.replace(RANGE, (_, from: string, to: string) => `>= ${from}, <= ${to} `);
  return spread.split('||').map((part) => {
    if (!VALID.test(part)) fail(`improper constraint: ${part}`);
    return (part.match(FIND) ?? [part]).map(parseConstraint);
  });
}

export function satisfies(alternatives: readonly Constraint[][], version: SemVer): boolean {
  return alternatives.some((all) => {
    // pre-releases count only where the constraint names one
    if (version.pre !== '' && !all.some((one) => one.version.pre !== '')) return false;
    return all.every((one) => holds(one, version));
  });
}

function holds(constraint: Constraint, version: SemVer): boolean {
  const { operator, version: wanted, open, minorOpen, patchOpen } = constraint;
  const order = compareVersions(version, wanted);
  const [major, minor] = version.parts;
  const [wantMajor, wantMinor] = wanted.parts;
  switch (operator) {
    case '!=':
      return notEqual(constraint, version, order);
    case '>':
      if (!open || (major === wantMajor && !minorOpen && !patchOpen)) return order > 0;
      if (major !== wantMajor) return major > wantMajor;
      return !minorOpen && minor > wantMinor;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      if (!open) return order <= 0;
      return major < wantMajor || (major === wantMajor && (minorOpen || minor <= wantMinor));
    case '^':
      return caret(constraint, version, order);
    case '~':
    case '~>':
      return tilde(constraint, version, order);
    default:
      return open ? tilde(constraint, version, order) : order === 0;
  }
}

/** Up to the next change of the last part that is given. */
function tilde({ version: wanted, minorOpen, patchOpen }: Constraint, version: SemVer, order: number): boolean {
  if (order < 0) return false;
  if (wanted.parts.every((part) => part === 0n) && !minorOpen && !patchOpen) return true;
  return version.parts[0] === wanted.parts[0] && (minorOpen || version.parts[1] === wanted.parts[1]);
}

function notEqual(
  { version: wanted, open, minorOpen, patchOpen }: Constraint,
  version: SemVer,
  order: number,
): boolean {
  if (!open) return order !== 0;
  if (wanted.parts[0] !== version.parts[0]) return true;
  if (minorOpen) return false;
  if (wanted.parts[1] !== version.parts[1]) return true;
  if (!patchOpen) return order !== 0;
  return (version.pre !== '' || wanted.pre !== '') && comparePre(version.pre, wanted.pre) !== 0;
}

/** Up to the next change of the leftmost part that is not zero. */
function caret({ version: wanted, minorOpen, patchOpen }: Constraint, version: SemVer, order: number): boolean {
  const [major, minor, patch] = version.parts;
  const [wantMajor, wantMinor, wantPatch] = wanted.parts;
  if (order < 0) return false;
  if (wantMajor > 0n || minorOpen) return major === wantMajor;
  if (major > 0n) return false;
  if (wantMinor > 0n || patchOpen) return minor === wantMinor;
  return minor === 0n && patch === wantPatch;
}
