import type { Json, RecordedStep } from './scenario.ts';

export interface StepDifference {
  index: number;
  step: string;
  expected: Json;
  actual: Json;
}

/** Steps whose results differ. Seconds of timelines may differ by 20 %, by two seconds, or by the slack that the step grants. */
export function compare(recorded: readonly RecordedStep[], actual: readonly RecordedStep[]): StepDifference[] {
  const found: StepDifference[] = [];
  for (const [index, { step, result }] of recorded.entries()) {
    const other = actual[index];
    if (!other || other.step !== step || !alike(result, other.result)) {
      found.push({
        index,
        step,
        expected: result,
        actual: other?.step === step ? other.result : `(${other?.step ?? 'nothing'})`,
      });
    }
  }
  return found;
}

function alike(a: Json, b: Json, key = '', slack = 2): boolean {
  if (key === 'seconds' && typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= Math.max(slack, 0.2 * Math.max(a, b));
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return Object.is(a ?? null, b ?? null);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((name) => alike(a[name], b[name], name, a.slack));
}
