import type { Answered, Verdict } from './evaluator.ts';

/**
 * AIOpsLab's rule: naming exactly the faulty component scores 100, naming it among others 100 / number of names, else 0. Names are
 * trimmed; case matters. Where several names are right, each alone is. Answers that are neither text nor a list of texts score 0.
 */
export function evaluateLocalization({ solution, seconds, expected }: Answered): Verdict {
  const names = toNames(solution);
  const right = expected.localization ?? [];
  const found = names.some((name) => right.includes(name));
  const exact = found && names.length === 1;
  const accuracy = exact ? 100 : found ? 100 / names.length : 0;
  return {
    success: exact,
    results: { 'Localization Accuracy': accuracy, success: exact, is_subset: found, TTL: seconds },
    evidence: [`named ${JSON.stringify(names)}, right is ${right.join(' or ')}`],
  };
}

function toNames(solution: unknown): string[] {
  if (typeof solution === 'string') return [solution.trim()];
  if (!Array.isArray(solution) || !solution.every((item) => typeof item === 'string')) return [];
  return solution.map((item: string) => item.trim());
}
