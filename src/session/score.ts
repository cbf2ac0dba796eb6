import type { DeployedApp } from '../apps/index.ts';
import type { KubeClient } from '../cluster/client.ts';
import { evaluateAnalysis } from '../evaluators/analysis.ts';
import { evaluateDetection } from '../evaluators/detection.ts';
import type { Verdict } from '../evaluators/evaluator.ts';
import { evaluateLocalization } from '../evaluators/localization.ts';
import { type Baseline, evaluateMitigation } from '../evaluators/mitigation.ts';
import type { Problem } from '../problems/problem.ts';
import type { Stage } from '../tasks/task.ts';

/** Judges one stage's answer. Throws only on failures of ours, which void the session. */
export async function scoreStage(
  stage: Stage,
  solution: unknown,
  seconds: number,
  context: { problem: Problem; kube: KubeClient; app: DeployedApp; baseline: Baseline },
): Promise<Verdict> {
  const answered = { solution, seconds, expected: context.problem.expected };
  switch (stage) {
    case 'detection':
      return evaluateDetection(answered);
    case 'localization':
      return evaluateLocalization(answered);
    case 'analysis':
      return evaluateAnalysis(answered);
    case 'mitigation':
      return evaluateMitigation(context.kube, context.app, context.baseline, seconds);
  }
}

/** AIOpsLab's keys for one stage at the top; for an incident each stage under its name, and `success` over all. */
export function combine(verdicts: ReadonlyMap<Stage, Verdict>, incident: boolean): Verdict {
  const entries = [...verdicts];
  const success = entries.length > 0 && entries.every(([, verdict]) => verdict.success);
  const evidence = entries.flatMap(([stage, verdict]) => verdict.evidence.map((line) => `${stage}: ${line}`));
  const results = incident
    ? { success, ...Object.fromEntries(entries.map(([stage, verdict]) => [stage, verdict.results])) }
    : { ...entries[0]?.[1].results };
  return { success, results, evidence };
}

/** AIOpsLab's token counts: gpt-3.5-turbo's tokenizer over the joined texts of each side. Special tokens count as text. */
export async function countTokens(
  trace: readonly { role: string; content: string }[],
): Promise<{ in: number; out: number }> {
  const { countTokens: count } = await import('gpt-tokenizer/encoding/cl100k_base');
  const side = (own: boolean): number => {
    const text = trace.filter((entry) => (entry.role === 'assistant') === own).map((entry) => entry.content);
    const joined = text.join('\n');
    // Words of more than 1,000 characters are counted in pieces: the tokenizer's time grows with the square of a word's length.
    const pieces = /\S{1000}/.test(joined) ? (joined.match(/\s*\S{1,1000}\s*/g) ?? []) : [joined];
    return pieces.reduce((sum, piece) => sum + count(piece, { allowedSpecial: 'all' }), 0);
  };
  return { in: side(false), out: side(true) };
}
