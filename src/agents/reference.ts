import type { Problem, Repair } from '../problems/problem.ts';
import { type Agent, type AgentIo, submitAll } from './agent.ts';

/** Solves each problem by its reference solution, through the tools that every agent has. */
export const reference: Agent = referenceWith(0);

/** The reference with another of the problem's repairs. */
export function referenceWith(repairIndex: number): Agent {
  return {
    name: 'reference',
    kind: 'reference',
    about: 'investigates and answers by each problem’s reference solution',
    async run(io, problem) {
      await shell(io, problem.investigation);
      await submitAll(io, (stage) => answer(io, problem, stage, problem.repairs[repairIndex]));
    },
  };
}

async function answer(io: AgentIo, problem: Problem, stage: string, repair: Repair | undefined): Promise<unknown> {
  switch (stage) {
    case 'detection':
      return problem.expected.detection;
    case 'localization':
      return problem.expected.localization?.slice(0, 1);
    case 'analysis':
      return { ...problem.expected.analysis?.[0] };
    default:
      await shell(io, repair?.commands ?? []);
      return null;
  }
}

async function shell(io: AgentIo, commands: readonly string[]): Promise<void> {
  for (const command of commands) await io.call('exec_shell', { command, timeout_s: 50 });
}
