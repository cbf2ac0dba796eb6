import type { Frame } from './scope.ts';
import { beyond, Float, isTrue, type LuaFunction, numberOf, OPERATORS, Table, type Value } from './values.ts';

export type Expr = (f: Frame) => Value;
export type MultiExpr = (f: Frame) => readonly Value[];

export interface Parsed {
  /** Its one value. */
  value: Expr;
  /** All values, for calls. */
  all?: MultiExpr;
  /** How it is assigned to, for variables and fields. */
  assign?: (f: Frame, value: Value) => void;
}

export const constant = (value: Value): Parsed => ({ value: () => value });

export function variable(place: { hops: number; slot: number }): Parsed {
  const { hops, slot } = place;
  if (hops === 0) {
    return {
      value: (f) => f.slots[slot],
      assign: (f, value) => {
        f.slots[slot] = value;
      },
    };
  }
  const frameOf = (f: Frame): Frame => {
    let frame = f;
    for (let i = 0; i < hops; i++) frame = frame.parent as Frame;
    return frame;
  };
  return {
    value: (f) => frameOf(f).slots[slot],
    assign: (f, value) => {
      frameOf(f).slots[slot] = value;
    },
  };
}

export function globalVariable(globals: Table, name: string): Parsed {
  return { value: () => globals.get(name), assign: (_, value) => globals.set(name, value) };
}

const tableOf = (value: Value): Table => (value instanceof Table ? value : beyond('index of what is no table'));

export function field(object: Expr, key: Expr): Parsed {
  return {
    value: (f) => tableOf(object(f)).get(key(f)),
    assign: (f, value) => tableOf(object(f)).set(key(f), value),
  };
}

export function call(callee: Expr, args: MultiExpr): Parsed {
  const all: MultiExpr = (f) => {
    const target = callee(f);
    if (typeof target !== 'function') beyond('call of what is no function');
    return (target as LuaFunction)(args(f));
  };
  return { all, value: (f) => all(f)[0] };
}

/** A list whose last expression gives all its values. */
export function list(parsed: readonly Parsed[]): MultiExpr {
  const last = parsed.at(-1);
  if (!last) return () => [];
  const values = parsed.map(({ value }) => value);
  if (last.all) {
    const rest = last.all;
    if (parsed.length === 1) return rest;
    const first = values.slice(0, -1);
    return (f) => [...first.map((value) => value(f)), ...rest(f)];
  }
  const [a, b] = values as [Expr, Expr];
  if (values.length === 1) return (f) => [a(f)];
  if (values.length === 2) return (f) => [a(f), b(f)];
  return (f) => {
    const out: Value[] = new Array(values.length);
    for (let i = 0; i < values.length; i++) out[i] = (values[i] as Expr)(f);
    return out;
  };
}

export function binary(op: string, left: Expr, right: Expr): Parsed {
  if (op === 'and') {
    return {
      value: (f) => {
        const value = left(f);
        return isTrue(value) ? right(f) : value;
      },
    };
  }
  if (op === 'or') {
    return {
      value: (f) => {
        const value = left(f);
        return isTrue(value) ? value : right(f);
      },
    };
  }
  const operate = OPERATORS[op] ?? beyond(`operator ${op}`);
  return { value: (f) => operate(left(f), right(f)) };
}

export function unary(op: string, operand: Expr): Parsed {
  if (op === 'not') return { value: (f) => !isTrue(operand(f)) };
  if (op === '-') {
    return {
      value: (f) => {
        const value = operand(f);
        return typeof value === 'number' ? 0 - value : new Float(-numberOf(value));
      },
    };
  }
  return {
    value: (f) => {
      const value = operand(f);
      return typeof value === 'string' ? value.length : tableOf(value).length;
    },
  };
}

/** A table's constructor: fields by key, then items from 1. */
export function construction(fields: readonly (readonly [key: Expr, value: Expr])[], items: MultiExpr): Parsed {
  return {
    value: (f) => {
      const table = new Table();
      for (const [key, value] of fields) table.set(key(f), value(f));
      const values = items(f);
      for (let i = 0; i < values.length; i++) table.set(i + 1, values[i]);
      return table;
    },
  };
}
