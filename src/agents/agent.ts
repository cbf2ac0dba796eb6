import type { Problem } from '../problems/problem.ts';
import type { SessionSummary } from '../session/agent-view.ts';

export type AgentKind = 'reference' | 'noop' | 'cheat' | 'llm';

/** What an agent works with: the task as any client gets it, and the tools over MCP. */
export interface AgentIo {
  summary: SessionSummary;
  call(
    tool: string,
    args: Record<string, unknown>,
  ): Promise<{ text: string; isError: boolean; structured?: Record<string, unknown> }>;
}

export interface Agent {
  name: string;
  kind: AgentKind;
  /** One line for people. */
  about: string;
  /** Works on one session. `problem` is for the reference agent alone, whose answers are the proof that a problem can be solved. */
  run(io: AgentIo, problem: Problem): Promise<void>;
}

/** Submits each stage in turn with what `answer` gives, until the session is over. */
export async function submitAll(io: AgentIo, answer: (stage: string) => Promise<unknown> | unknown): Promise<void> {
  let stage: string | undefined = io.summary.stage;
  while (stage !== undefined) {
    const reply = await io.call('submit', { solution: await answer(stage) });
    stage = reply.structured?.['next_stage'] as string | undefined;
  }
}
