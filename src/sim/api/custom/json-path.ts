import type { Json } from '../../../kube/object.ts';

type Step = { key: string } | { index: number } | { all: true } | { where: string[]; equals: Json };

const STEP =
  /\.((?:\\.|[^.[\]\\])+)|\[(-?\d+)\]|\[\*\]|\['((?:[^'\\]|\\.)*)'\]|\[\?\(@\.([\w.-]+)\s*==\s*("[^"]*"|'[^']*'|[\w.-]+)\)\]|(\.\*)/y;

const parsed = new Map<string, Step[] | undefined>();
const PARSED_MAX = 1_000;

/** The steps of a simple JSONPath as printer columns use it; undefined when it is another one. */
function stepsOf(path: string): Step[] | undefined {
  const out: Step[] = [];
  STEP.lastIndex = 0;
  for (let at = 0; at < path.length; at = STEP.lastIndex) {
    const found = STEP.exec(path);
    if (!found) return undefined;
    const [, key, index, quoted, field, value, every] = found;
    if (key !== undefined && key !== '*') out.push({ key: key.replace(/\\(.)/g, '$1') });
    else if (index !== undefined) out.push({ index: Number(index) });
    else if (quoted !== undefined) out.push({ key: quoted.replace(/\\(.)/g, '$1') });
    else if (field !== undefined) out.push({ where: field.split('.'), equals: literal(value as string) });
    else if (every !== undefined || key === '*' || found[0] === '[*]') out.push({ all: true });
  }
  return out;
}

function literal(text: string): Json {
  if (/^["']/.test(text)) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Values that a path leads to, e.g. `.status.conditions[?(@.type=="Ready")].status`. */
export function valuesAt(object: Json, path: string): Json[] {
  if (!parsed.has(path)) {
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(path, stepsOf(path.startsWith('.') || path.startsWith('[') ? path : `.${path}`));
  }
  return (parsed.get(path) ?? [{ index: Number.NaN }]).reduce(
    (values: Json[], step) => values.flatMap((value) => take(value, step)),
    [object],
  );
}

export function valueAt(object: Json, path: string): Json {
  return valuesAt(object, path)[0];
}

function take(value: Json, step: Step): Json[] {
  if (value === null || typeof value !== 'object') return [];
  if ('key' in step) return Object.hasOwn(value, step.key) && !Array.isArray(value) ? [value[step.key]] : [];
  if ('index' in step) return Array.isArray(value) && step.index < value.length ? [value.at(step.index)] : [];
  const items: Json[] = Array.isArray(value) ? value : Object.values(value);
  if ('all' in step) return items;
  return items.filter((item) => step.where.reduce((at: Json, key) => at?.[key], item) === step.equals);
}
