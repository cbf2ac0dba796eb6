import type { Json } from '../../kube/object.ts';
import { badRequest } from './errors.ts';
import { formatFieldError } from './field-error.ts';
import { labelValue, qualifiedName } from './kinds/common/names.ts';

type Operator = 'exists' | '!' | 'in' | 'notin' | '=' | '==' | '!=' | '>' | '<';

interface Requirement {
  key: string;
  operator: Operator;
  values: string[];
}

export type LabelPredicate = (labels: Readonly<Record<string, string>> | undefined) => boolean;

const SPECIAL = new Set(['(', ')', ',', '!', '=', '<', '>']);

/** Parses the `labelSelector` grammar of list requests; ApiError 400 with upstream's words. */
export function parseLabelSelector(text: string): LabelPredicate {
  const requirements = new SelectorParser(lex(text)).parse();
  return (labels) => requirements.every((r) => meets(r, labels ?? {}));
}

function lex(text: string): { token: string; quoted: boolean }[] {
  const out: { token: string; quoted: boolean }[] = [];
  for (let i = 0; i < text.length; ) {
    const ch = text[i] as string;
    if (/\s/.test(ch)) {
      i++;
      continue;
    }
    if (SPECIAL.has(ch)) {
      const two = text.slice(i, i + 2);
      const token = two === '==' || two === '!=' ? two : ch;
      out.push({ token, quoted: false });
      i += token.length;
      continue;
    }
    let end = i;
    while (end < text.length && !SPECIAL.has(text[end] as string) && !/\s/.test(text[end] as string)) end++;
    out.push({ token: text.slice(i, end), quoted: true });
    i = end;
  }
  return out;
}

class SelectorParser {
  #at = 0;
  constructor(readonly tokens: { token: string; quoted: boolean }[]) {}

  #peek(): string {
    return this.tokens[this.#at]?.token ?? '';
  }
  #next(): string {
    return this.tokens[this.#at++]?.token ?? '';
  }
  #isIdentifier(): boolean {
    return this.tokens[this.#at]?.quoted ?? false;
  }

  parse(): Requirement[] {
    const out: Requirement[] = [];
    if (this.tokens.length === 0) return out;
    for (;;) {
      if (!this.#isIdentifier() && this.#peek() !== '!') {
        throw badRequest(`found '${this.#peek()}', expected: !, identifier, or 'end of string'`);
      }
      try {
        out.push(this.#requirement());
      } catch (error) {
        if (error instanceof RequirementError) throw badRequest(`unable to parse requirement: ${error.message}`);
        throw error;
      }
      if (this.#at >= this.tokens.length) return out;
      const sep = this.#next();
      if (sep !== ',') throw badRequest(`found '${sep}', expected: ',' or 'end of string'`);
      if (!this.#isIdentifier() && this.#peek() !== '!') {
        throw badRequest(`found '${this.#peek()}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): Requirement {
    const negated = this.#peek() === '!';
    if (negated) this.#next();
    if (!this.#isIdentifier()) throw new RequirementError(`found '${this.#peek()}', expected: identifier`);
    const key = this.#next();
    const problems = qualifiedName(key);
    if (problems[0] !== undefined) {
      throw new RequirementError(
        formatFieldError({ type: 'FieldValueInvalid', field: 'key', value: key, detail: problems.join('; ') }),
      );
    }
    if (negated) return { key, operator: '!', values: [] };
    if (this.#at >= this.tokens.length || this.#peek() === ',') return { key, operator: 'exists', values: [] };
    const operator = this.#next();
    if (!['in', 'notin', '=', '==', '!=', '>', '<'].includes(operator)) {
      throw new RequirementError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exact()];
    return checked({ key, operator: operator as Operator, values });
  }

  #exact(): string {
    if (this.#at >= this.tokens.length || this.#peek() === ',') return '';
    if (!this.#isIdentifier()) throw new RequirementError(`found '${this.#peek()}', expected: identifier`);
    return this.#next();
  }

  #values(): string[] {
    if (this.#peek() !== '(') throw new RequirementError(`found '${this.#peek()}' expected: '('`);
    this.#next();
    const out: string[] = [];
    for (;;) {
      if (this.#isIdentifier()) out.push(this.#next());
      else if (this.#peek() === ')' || this.#peek() === ',') out.push('');
      else throw new RequirementError(`found '${this.#peek()}', expected: ',', ')' or identifier`);
      const sep = this.#next();
      if (sep === ')') return out;
      if (sep !== ',') throw new RequirementError(`found '${sep}', expected: ',' or ')'`);
    }
  }
}

class RequirementError extends Error {}

function checked(r: Requirement): Requirement {
  r.values.forEach((value, i) => {
    if (r.operator === '>' || r.operator === '<') {
      if (/^-?\d+$/.test(value)) return;
      const field = `values[${i}]`;
      const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw new RequirementError(formatFieldError({ type: 'FieldValueInvalid', field, value, detail }));
    }
    const problems = labelValue(value);
    if (problems[0] === undefined) return;
    const field = `values[${i}][${r.key}]`;
    throw new RequirementError(
      formatFieldError({ type: 'FieldValueInvalid', field, value, detail: problems.join('; ') }),
    );
  });
  return r;
}

function meets(r: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, r.key) ? labels[r.key] : undefined;
  switch (r.operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '=':
    case '==':
    case 'in':
      return value !== undefined && r.values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !r.values.includes(value);
    default: {
      if (value === undefined || !/^-?\d+$/.test(value)) return false;
      const limit = Number(r.values[0]);
      return r.operator === '>' ? Number(value) > limit : Number(value) < limit;
    }
  }
}

/** A metav1.LabelSelector as a predicate; undefined matches everything, as `{}` does. */
export function matchLabelSelector(selector: Json | undefined): LabelPredicate {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    requirements.push({ key, operator: '=', values: [String(value)] });
  }
  const operators: Record<string, Operator> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
  for (const e of selector?.matchExpressions ?? []) {
    requirements.push({ key: e.key, operator: operators[e.operator] ?? 'in', values: e.values ?? [] });
  }
  return (labels) => requirements.every((r) => meets(r, labels ?? {}));
}

export interface FieldTerm {
  field: string;
  equal: boolean;
  value: string;
}

/** Parses `a=b,c!=d`; ApiError 400 with upstream's words. */
export function parseFieldSelector(text: string): FieldTerm[] {
  const out: FieldTerm[] = [];
  for (const part of text.split(/(?<!\\),/)) {
    if (part === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/.exec(part);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    out.push({ field: match[1] ?? '', equal: match[2] !== '!=', value: (match[3] ?? '').replace(/\\([,=\\])/g, '$1') });
  }
  return out;
}
