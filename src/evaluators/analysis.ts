import type { Answered, Verdict } from './evaluator.ts';

/** Both labels, trimmed and in any case. Values that are not text count as empty instead of breaking the evaluation. */
export function evaluateAnalysis({ solution, seconds, expected }: Answered): Verdict {
  const level = field(solution, 'system_level');
  const type = field(solution, 'fault_type');
  const answers = expected.analysis ?? [];
  const both = answers.find((answer) => same(answer.system_level, level) && same(answer.fault_type, type));
  const nearest = both ?? answers[0];
  const levelCorrect = nearest !== undefined && same(nearest.system_level, level);
  const typeCorrect = nearest !== undefined && same(nearest.fault_type, type);
  const success = both !== undefined;
  return {
    success,
    results: { system_level_correct: levelCorrect, fault_type_correct: typeCorrect, success, TTA: seconds },
    evidence: [
      `answered ${level || '(nothing)'} / ${type || '(nothing)'}, right is ${answers
        .map((answer) => `${answer.system_level} / ${answer.fault_type}`)
        .join(' or ')}`,
    ],
  };
}

function field(solution: unknown, name: string): string {
  if (typeof solution !== 'object' || solution === null) return '';
  const value = (solution as Record<string, unknown>)[name];
  return typeof value === 'string' ? value.trim() : '';
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
