import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { CelSyntaxError, compileFailure } from '../../cel/index.ts';
import { expressionOf } from '../../webhooks/matching.ts';
import { invalid, required } from './field.ts';

/** What is wrong with an expression of admission; what this cluster's language lacks is refused here as well. */
export function expressionErrors(text: string | undefined, field: string): FieldError[] {
  if (!text?.trim()) return [required(field, 'expression is not specified')];
  try {
    expressionOf(text);
    return [];
  } catch (error) {
    if (error instanceof CelSyntaxError) return [invalid(field, text, compileFailure(text, error))];
    throw error;
  }
}

export function conditionErrors(conditions: Json[] | undefined, path: string): FieldError[] {
  return (conditions ?? []).flatMap((one, i) => expressionErrors(one.expression, `${path}[${i}].expression`));
}
