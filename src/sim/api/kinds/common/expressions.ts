import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { CelSyntaxError, compileFailure } from '../../cel/index.ts';
import { expressionOf } from '../../webhooks/matching.ts';
import { duplicate, invalid, invalids, required, tooMany } from './field.ts';
import { qualifiedName } from './names.ts';

const CONDITIONS_MAX = 64;

/**
 * What is wrong with an expression of admission; what this cluster's language lacks is refused here as well. `type` is what it must come to,
 * as far as that can be told before there are objects.
 */
export function expressionErrors(text: string, field: string, type?: string): FieldError[] {
  try {
    const found = expressionOf(text).type;
    if (type === undefined || found === undefined || found === type) return [];
    return [invalid(field, text, `must evaluate to ${type} but got ${found}`)];
  } catch (error) {
    if (error instanceof CelSyntaxError) return [invalid(field, text, compileFailure(text, error))];
    throw error;
  }
}

export function conditionErrors(conditions: Json[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const list = conditions ?? [];
  if (list.length > CONDITIONS_MAX) errors.push(tooMany(path, list.length, CONDITIONS_MAX));
  for (const [i, { name, expression = '' }] of list.entries()) {
    const at = `${path}[${i}]`;
    const text = expression.trim();
    errors.push(...(text ? expressionErrors(text, `${at}.expression`, 'bool') : [required(`${at}.expression`)]));
    if (!name) {
      errors.push(required(`${at}.name`));
      continue;
    }
    errors.push(...invalids(`${at}.name`, name, qualifiedName(name)));
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
  }
  return errors;
}
