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
  if (key === 'cells' && Array.isArray(a))
    return a.length === b.length && a.every((cell, at) => alikeCells(cell, b[at]));
  if (key === 'managedFields' && Array.isArray(a) && Array.isArray(b)) [a, b] = [byOwner(a), byOwner(b)];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((name) => alike(a[name], b[name], name, a.slack));
}

const DURATION = /^(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/;

/** Ages in cells of tables depend on the moment. */
function alikeCells(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string' && a !== '' && b !== '' && DURATION.test(a) && DURATION.test(b))
    return true;
  return alike(a, b);
}

/** Entries stand in the order of the seconds in which they were made, and so of the machine's speed. */
function byOwner(entries: Json[]): Json[] {
  const key = (entry: Json): string =>
    `${entry?.manager} ${entry?.operation} ${entry?.subresource ?? ''} ${entry?.apiVersion}`;
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
