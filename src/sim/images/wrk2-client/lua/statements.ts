import type { Expr } from './expressions.ts';
import type { Frame } from './scope.ts';
import { beyond, isTrue, type Value } from './values.ts';

/** What a statement that ends its loop gives. */
export const BREAK = Symbol('break');

/** Undefined when the next statement follows, else what a return gives or {@link BREAK}. */
export type Statement = (f: Frame) => readonly Value[] | typeof BREAK | undefined;

export function block(statements: readonly Statement[]): Statement {
  if (statements.length === 1) return statements[0] as Statement;
  return (f) => {
    for (let i = 0; i < statements.length; i++) {
      const result = (statements[i] as Statement)(f);
      if (result !== undefined) return result;
    }
    return undefined;
  };
}

export function conditional(
  branches: readonly (readonly [Expr, Statement])[],
  otherwise: Statement | undefined,
): Statement {
  return (f) => {
    for (const [condition, body] of branches) if (isTrue(condition(f))) return body(f);
    return otherwise?.(f);
  };
}

export function whileLoop(condition: Expr, body: Statement, budget: { steps: number }): Statement {
  return (f) => {
    while (isTrue(condition(f))) {
      if (--budget.steps < 0) beyond('a loop without end');
      const result = body(f);
      if (result === BREAK) break;
      if (result !== undefined) return result;
    }
    return undefined;
  };
}

/** A loop over integers. */
export function forLoop(
  slot: number,
  from: Expr,
  to: Expr,
  step: Expr,
  body: Statement,
  budget: { steps: number },
): Statement {
  return (f) => {
    const [first, last, by] = [from(f), to(f), step(f)];
    if (typeof first !== 'number' || typeof last !== 'number' || typeof by !== 'number' || by === 0)
      return beyond('a loop over what are no integers');
    for (let i = first; by > 0 ? i <= last : i >= last; i += by) {
      if (--budget.steps < 0) beyond('a long loop');
      f.slots[slot] = i;
      const result = body(f);
      if (result === BREAK) break;
      if (result !== undefined) return result;
    }
    return undefined;
  };
}
