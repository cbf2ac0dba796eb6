import type { Json } from '../../../kube/object.ts';
import { type FieldError, OMITTED_VALUE } from '../../../kube/status.ts';
import { CelError, celValue, Expression, type Scope } from '../cel/index.ts';
import { fieldSchema, type RuleSource, type ValueSchema } from './schema.ts';

const compiled = new WeakMap<RuleSource, { rule: Expression; message?: Expression; isTransition: boolean }>();

function ruleOf(source: RuleSource) {
  let found = compiled.get(source);
  if (!found) {
    const names = ['self', 'oldSelf'];
    const rule = new Expression(source.rule, names);
    const message = source.messageExpression ? new Expression(source.messageExpression, names) : undefined;
    found = { rule, message, isTransition: /\boldSelf\b/.test(source.rule) };
    compiled.set(source, found);
  }
  return found;
}

/**
 * What the rules (x-kubernetes-validations) of a schema refuse. With `old` only rules that look at `oldSelf` are asked, where the old
 * value can be told; without it only the others.
 */
export function ruleErrors(
  value: Json,
  schema: ValueSchema | undefined,
  path: string,
  old?: { value: Json },
): FieldError[] {
  if (value === undefined || value === null || !schema) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((source) => oneRule(source, value, schema, path, old));
  return [...own, ...inside(value, schema, path, old)];
}

function inside(value: Json, schema: ValueSchema, path: string, old: { value: Json } | undefined): FieldError[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => {
      const before = old && earlier(item, schema, old.value);
      return old && !before ? [] : ruleErrors(item, schema.items, `${path}[${i}]`, before);
    });
  if (typeof value !== 'object') return [];
  return Object.keys(value).flatMap((name) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (!old) return ruleErrors(value[name], fieldSchema(schema, name), here);
    const before = old.value?.[name];
    return before === undefined ? [] : ruleErrors(value[name], fieldSchema(schema, name), here, { value: before });
  });
}

/** The item's earlier self: known in lists that are maps by some keys only. */
function earlier(item: Json, schema: ValueSchema, old: Json): { value: Json } | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const found = old.find((one) => keys.every((key) => one?.[key] === item?.[key]));
  return found === undefined ? undefined : { value: found };
}

function oneRule(
  source: RuleSource,
  value: Json,
  schema: ValueSchema,
  path: string,
  old: { value: Json } | undefined,
): FieldError[] {
  const { rule, message, isTransition } = ruleOf(source);
  if (isTransition !== (old !== undefined)) return [];
  const scope: Scope = {
    self: celValue(value, schema),
    ...(old ? { oldSelf: celValue(old.value, schema) } : {}),
  };
  const field = `${path}${source.fieldPath ?? ''}`.replace(/^\./, '');
  const fail = (detail: string): FieldError[] => [
    {
      type: (source.reason ?? 'FieldValueInvalid') as FieldError['type'],
      field: field === '' ? '<nil>' : field,
      // Structures are left out.
      value: typeof value === 'object' ? OMITTED_VALUE : value,
      detail,
    },
  ];
  try {
    if (rule.evaluate(scope) === true) return [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return fail(`rule evaluation error: ${error.message} evaluating rule: ${source.message ?? source.rule}`);
  }
  return fail(messageOf(message, scope) ?? source.message ?? `failed rule: ${source.rule}`);
}

function messageOf(expression: Expression | undefined, scope: Scope): string | undefined {
  try {
    const text = expression?.evaluate(scope);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : undefined;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

export function hasRules(schema: ValueSchema | undefined): boolean {
  if (!schema) return false;
  if (schema['x-kubernetes-validations']?.length) return true;
  const each = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return hasRules(schema.items) || hasRules(each) || Object.values(schema.properties ?? {}).some(hasRules);
}
