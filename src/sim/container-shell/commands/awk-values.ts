import { CommandError } from '../command.ts';

/** awk's values: texts that are numbers where a number is wanted. */
export type Value = string | number;

export function splitFields(record: string, separator: string): string[] {
  if (separator === ' ') return record.split(/[ \t\n]+/).filter(Boolean);
  if (record === '') return [];
  return record.split(separator.length === 1 && separator !== '\\' ? separator : new RegExp(separator));
}

export function text(content: Value): string {
  if (typeof content === 'string') return content;
  return Number.isInteger(content) ? String(content) : String(Number(content.toPrecision(6)));
}

export function number(content: Value): number {
  return typeof content === 'number' ? content : Number.parseFloat(content) || 0;
}

export function truth(content: Value): boolean {
  return typeof content === 'number'
    ? content !== 0
    : /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(content)
      ? Number(content) !== 0
      : content !== '';
}

export function compare(operator: string, left: Value, right: Value, asText: boolean): boolean {
  const numeric =
    !asText &&
    [left, right].every(
      (side) => typeof side === 'number' || /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(side) || side === '',
    );
  const a = numeric ? number(left) : text(left);
  const b = numeric ? number(right) : text(right);
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

export function arithmetic(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if ((operator === '/' || operator === '%') && b === 0) throw new CommandError('cmd. line:1: Division by zero');
  if (operator === '/') return a / b;
  return operator === '%' ? a % b : a ** b;
}
