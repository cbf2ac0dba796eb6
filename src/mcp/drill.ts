import type { Agent } from '../agents/agent.ts';
import type { Logger } from '../core/log.ts';
import { findProblem } from '../problems/index.ts';
import type { SessionSummary } from '../session/agent-view.ts';
import type { SessionManager } from '../session/manager.ts';
import type { SessionResult } from '../session/store.ts';
import { connectInMemory } from './client.ts';
import { Dispatcher } from './dispatch.ts';
import { createMcpServer } from './server.ts';

/** Lets a built-in agent work on one problem through a real MCP server, and gives the session's result. */
export async function drill(
  manager: SessionManager,
  agent: Agent,
  request: { problemId: string; seed: string },
  env: { version: string; log: Logger },
): Promise<SessionResult> {
  const problem = findProblem(request.problemId);
  const dispatcher = new Dispatcher(manager, env.log);
  const client = await connectInMemory(createMcpServer({ version: env.version, dispatcher, manager }));
  try {
    const started = await client.call('start_problem', { problem_id: request.problemId, seed: request.seed });
    if (started.isError || !started.structured) throw new Error(`start_problem: ${started.text}`);
    const summary = started.structured as unknown as SessionSummary;
    const session_id = summary.session_id;
    const session = manager.find(session_id);
    await session.prepared();
    await agent.run({ summary, call: (tool, args) => client.call(tool, { ...args, session_id }) }, problem);
    await session.conclude();
    if (!session.result) throw new Error(`session ${session_id} has no result`);
    return session.result;
  } finally {
    await client.close();
  }
}
