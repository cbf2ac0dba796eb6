import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { invalid, nonNegative, required } from './field.ts';

/** validateSuccessPolicy of an indexed Job. */
export function validateSuccessPolicy(spec: Json, path: string): FieldError[] {
  const rules: Json[] = spec.successPolicy.rules ?? [];
  if (rules.length === 0)
    return [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')];
  return rules.flatMap((rule, i) => validateRule(rule, spec.completions ?? 0, `${path}.rules[${i}]`));
}

function validateRule({ succeededIndexes, succeededCount }: Json, completions: number, path: string): FieldError[] {
  if (succeededIndexes === undefined && succeededCount === undefined)
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  const errors: FieldError[] = [];
  let named: number | undefined;
  if (succeededIndexes !== undefined) {
    const parsed = countIndexes(succeededIndexes, completions);
    if (typeof parsed === 'number') named = parsed;
    else
      errors.push(
        invalid(`${path}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${parsed.problem}`),
      );
  }
  if (succeededCount === undefined) return errors;
  const at = `${path}.succeededCount`;
  errors.push(...nonNegative(at, succeededCount));
  const bound = (most: number, what: string): void => {
    if (succeededCount > most)
      errors.push(invalid(at, succeededCount, `must be less than or equal to ${most} (the number of ${what})`));
  };
  bound(completions, 'specified completions');
  if (named !== undefined) bound(named, 'indexes in the specified succeededIndexes field');
  return errors;
}

/** How many indexes `0,2-4` names; numbers must grow and stay below `completions`. */
function countIndexes(text: string, completions: number): number | { problem: string } {
  let total = 0;
  let last: number | undefined;
  for (const interval of text === '' ? [] : text.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2) {
      const problem = 'violates the requirement that an index interval can have at most two parts separated by';
      return { problem: `the fragment ${JSON.stringify(interval)} ${problem} '-'` };
    }
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit))
        return { problem: `cannot convert string to integer for index: ${JSON.stringify(limit)}` };
      const value = Number(limit);
      if (last !== undefined && last >= value)
        return { problem: `non-increasing order, previous: ${last}, current: ${value}` };
      if (value >= completions) return { problem: `too large index: ${JSON.stringify(limit)}` };
      last = value;
    }
    total += limits.length === 2 ? Number(limits[1]) - Number(limits[0]) + 1 : 1;
  }
  return total;
}
