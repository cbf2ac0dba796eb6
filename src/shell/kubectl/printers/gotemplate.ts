import { textOf } from '../../../core/bytes.ts';
import { builtins } from '../../../helm/functions/builtins.ts';
import { fn } from '../../../helm/functions/table.ts';
import { type ExecContext, execute } from '../../../helm/template/exec.ts';
import { ExecError } from '../../../helm/template/exec-error.ts';
import { formatV } from '../../../helm/template/format.ts';
import type { Template } from '../../../helm/template/nodes.ts';
import { ParseError, parse } from '../../../helm/template/parser.ts';
import {
  FunctionError,
  fromJson,
  GoMap,
  Int64,
  intOf,
  isInt,
  typeOf,
  type Value,
} from '../../../helm/template/value.ts';
import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { goJson } from './json.ts';

function decode(text: Value): string {
  const given = String(text);
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(given))
    throw new FunctionError(
      `base64 decode failed: illegal base64 data at input byte ${given.search(/[^A-Za-z0-9+/=]/)}`,
    );
  return textOf(Buffer.from(given, 'base64'));
}

/** Is there something at the end of a path of keys and indexes? */
function exists(item: Value, ...keys: Value[]): boolean {
  let at: Value = item;
  for (const key of keys) {
    if (at instanceof GoMap && typeof key === 'string') at = at.has(key) ? at.get(key) : undefined;
    else if (Array.isArray(at) && isInt(key)) at = at[Number(key)];
    else return false;
    if (at === undefined) return false;
  }
  return true;
}

/** text/template's slice, of texts and lists; helm's functions have sprig's instead. */
function slice(item: Value, ...indexes: Value[]): Value {
  if (typeof item !== 'string' && !Array.isArray(item))
    throw new FunctionError(`can't slice item of type ${typeOf(item)}`);
  const [low = 0, high = item.length] = indexes.map((index) => {
    if (!isInt(index)) throw new FunctionError(`cannot index slice/array with type ${typeOf(index)}`);
    const at = Number(intOf(index));
    if (at < 0 || at > item.length) throw new FunctionError(`index out of range: ${at}`);
    return at;
  });
  if (low > high) throw new FunctionError(`invalid slice index: ${low} > ${high}`);
  return item.slice(low, high) as Value;
}

const FUNCTIONS = new Map(
  Object.entries({
    ...builtins,
    slice: fn('any ...any', slice),
    exists: fn('any ...any', exists),
    base64decode: fn('string', decode),
  }),
);

/** Integers of Kubernetes objects are int64 to Go, not float64 as in other JSON. */
function goValues(value: Json): Value {
  if (typeof value === 'number' && Number.isInteger(value)) return new Int64(BigInt(value));
  if (Array.isArray(value)) return value.map(goValues);
  if (typeof value !== 'object' || value === null) return fromJson(value);
  return new GoMap(Object.entries(value).map(([key, item]) => [key, goValues(item)]));
}

/** kubectl's `-o go-template`: Go's text/template with its own functions, `exists` and `base64decode`. */
export function goTemplate(template: string, missingOk = true): (value: Json) => string {
  const templates = new Map<string, Template>();
  let parsed: Template;
  try {
    parsed = parse('output', template, templates, (name) => FUNCTIONS.has(name));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new KubectlError(`error parsing template ${template}, ${error.message}\n`);
  }
  return (value) => {
    const context: ExecContext = {
      templates,
      functions: FUNCTIONS,
      depth: 0,
      missingKey: missingOk ? 'invalid' : 'error',
    };
    const dot = goValues(value);
    try {
      return execute(parsed, dot, context);
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      const printed =
        error.printed +
        `Error executing template: ${error.message}. Printing more information for debugging the template:\n` +
        `\ttemplate was:\n\t\t${template}\n\traw data was:\n\t\t${goJson(value)}\n` +
        `\tobject given to template engine was:\n\t\t${formatV(dot)}\n\n`;
      throw new KubectlError(`error executing template ${JSON.stringify(template)}: ${error.message}`, printed);
    }
  };
}
