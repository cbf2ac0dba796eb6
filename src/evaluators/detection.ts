import type { Answered, Verdict } from './evaluator.ts';

/** Yes or No, trimmed and in any case, as AIOpsLab compares it. */
export function evaluateDetection({ solution, seconds, expected }: Answered): Verdict {
  const given = typeof solution === 'string' ? solution.trim().toLowerCase() : undefined;
  const right = given === expected.detection.toLowerCase();
  const accuracy = given === undefined ? 'Invalid Format' : right ? 'Correct' : 'Incorrect';
  return {
    success: right,
    results: { 'Detection Accuracy': accuracy, TTD: seconds },
    evidence: [`answered ${JSON.stringify(solution ?? null)}, expected ${expected.detection}`],
  };
}
