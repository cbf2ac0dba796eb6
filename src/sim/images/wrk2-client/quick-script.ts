import type { Prng } from '../../../core/prng.ts';
import type { HttpRequest } from '../../net/protocols.ts';
import { globals } from './lua/library.ts';
import { type Budget, compile } from './lua/parser.ts';
import { Beyond, beyond, type LuaFunction, Table, textOf, type Value } from './lua/values.ts';
import { type Formatted, RequestFormat } from './request.ts';
import { PayloadScript, type ScriptOptions } from './script.ts';

/** Calls and rounds of loops of one request. Longer ones are left to the interpreter, which counts on. */
const STEPS = 200_000;
/** Callbacks that need the interpreter. */
const OTHERS = ['setup', 'init', 'delay', 'response', 'done'];

type Target = { host: string; port: number; path: string };
export type Payload = Pick<PayloadScript, 'hasDelay' | 'hasResponse' | 'delayMs' | 'responded' | 'next'>;

/**
 * A wrk script, ready to make requests. Scripts that keep to the common part of Lua are compiled to closures, some ten times as fast as
 * the interpreter; as soon as one goes beyond that, it begins anew in the interpreter, whose errors are Lua's own.
 */
export function loadPayload(
  source: string | undefined,
  target: Target,
  rng: Prng,
  nowS: () => number,
  options: ScriptOptions = {},
): Payload {
  const whole = (): PayloadScript => new PayloadScript(source, target, rng, nowS, options);
  const requests =
    source === undefined ? undefined : quickly(() => compileRequests(source, target, rng, nowS, options));
  if (!requests) return whole();
  let script: PayloadScript | undefined;
  return {
    hasDelay: false,
    hasResponse: false,
    delayMs: () => 0,
    responded: () => {},
    next() {
      const request = script ? undefined : quickly(requests);
      if (request) return request;
      script ??= whole();
      return script.next();
    },
  };
}

/** Undefined when that was {@link Beyond} the compiled part of Lua. */
function quickly<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Beyond)) throw error;
    return undefined;
  }
}

/** What makes the requests of a script; throws {@link Beyond}, now or then, for what goes beyond the compiled part of Lua. */
export function compileRequests(
  source: string,
  target: Target,
  rng: Prng,
  nowS: () => number,
  options: ScriptOptions,
): () => HttpRequest {
  const budget: Budget = { steps: STEPS, depth: 0 };
  const known = globals(rng, nowS);
  const format = new RequestFormat(target);
  let last: Formatted | undefined;
  const wrk: Table = new Table({
    scheme: 'http',
    host: target.host,
    port: target.port,
    method: 'GET',
    path: target.path,
    headers: new Table(options.headers),
    format: ([
      method = wrk.get('method'),
      path = wrk.get('path'),
      headers = wrk.get('headers'),
      body = wrk.get('body'),
    ]) => {
      last = format.format(textOf(method ?? 'GET'), textOf(path ?? '/'), headerLines(headers), textOf(body ?? ''));
      return [last.raw];
    },
  });
  known.set('wrk', wrk);
  compile(source, known, budget)([]);
  const request = known.get('request');
  if (typeof request !== 'function' || OTHERS.some((name) => known.get(name) !== undefined)) beyond('other callbacks');
  return () => {
    budget.steps = STEPS;
    const [made] = (request as LuaFunction)([]);
    return last !== undefined && made === last.raw ? last.message : beyond('a request of its own making');
  };
}

function headerLines(headers: Value): string[] {
  if (!(headers instanceof Table)) return [];
  return Array.from(headers.entries(), ([name, value]) => `${textOf(name)}: ${textOf(value)}`);
}
