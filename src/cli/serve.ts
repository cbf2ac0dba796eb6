import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { requireCapability } from '../cluster/capabilities.ts';
import { UserError } from '../core/errors.ts';
import { Dispatcher } from '../mcp/dispatch.ts';
import { createMcpServer } from '../mcp/server.ts';
import { findProblem } from '../problems/index.ts';
import type { SessionManager } from '../session/manager.ts';
import { TASK_TYPES, type TaskType } from '../tasks/task.ts';
import { type CliEnv, type ClusterOptions, targetOf } from './env.ts';

export interface ServeOptions extends ClusterOptions {
  problem?: string;
  task?: string;
  seed?: string;
  clock?: 'stepped' | 'wall';
}

/** The MCP server on stdio. Does nothing before the first call; ends when stdin ends. */
export async function serve(env: CliEnv, options: ServeOptions): Promise<void> {
  const task = options.task as TaskType | undefined;
  if (task !== undefined && !TASK_TYPES.includes(task)) {
    throw new UserError(
      'INVALID_ARGUMENT',
      `no task type is named ${task}`,
      `the task types are ${TASK_TYPES.join(', ')}`,
    );
  }
  const target = targetOf(options);
  if (target && options.clock === 'stepped')
    requireCapability('kubernetes', 'virtual-time', 'leave --clock out, or --cluster');
  const own = options.problem === undefined ? undefined : findProblem(options.problem);
  if (own && task !== undefined && own.task !== task) {
    throw new UserError('INVALID_ARGUMENT', `${own.id} is of task type ${own.task}`, 'leave --task out');
  }
  const manager = env.createManager({
    agent: 'mcp-client',
    task,
    pace: options.clock,
    target,
  });
  const ownSession = own && { task: own.task, id: openOnce(manager, own.id, options.seed) };
  const dispatcher = new Dispatcher(manager, env.log, { ownSession, task });
  const server = createMcpServer({ version: env.version, dispatcher, manager });
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.on('end', resolve);
    process.stdin.on('close', resolve);
    env.onInterrupt(resolve);
  });
  if (!target) server.server.oninitialized = () => env.warmUp();
  await server.connect(new StdioServerTransport());
  await closed;
  await manager.close();
  env.exit(0);
}

/** Opens the session when it is first asked for; again if that failed. */
function openOnce(manager: SessionManager, problemId: string, seed: string | undefined): () => Promise<string> {
  let opening: Promise<string> | undefined;
  return () => {
    opening ??= manager.open({ problemId, seed }).then(
      (session) => session.id,
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
}
