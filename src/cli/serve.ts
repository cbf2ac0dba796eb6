import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { UserError } from '../core/errors.ts';
import { Dispatcher } from '../mcp/dispatch.ts';
import { createMcpServer } from '../mcp/server.ts';
import { findProblem } from '../problems/index.ts';
import { TASK_TYPES, type TaskType } from '../tasks/task.ts';
import type { CliEnv } from './env.ts';

export interface ServeOptions {
  problem?: string;
  task?: string;
  seed?: string;
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
  const manager = env.createManager({ agent: 'mcp-client' });
  const own = options.problem === undefined ? undefined : findProblem(options.problem);
  let starting: Promise<string> | undefined;
  const ownSession =
    own && (() => (starting ??= manager.open({ problemId: own.id, seed: options.seed }).then((session) => session.id)));
  const dispatcher = new Dispatcher(manager, env.log, ownSession);
  const server = createMcpServer({ version: env.version, dispatcher, manager, ownTask: own?.task, task });
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.on('end', resolve);
    process.stdin.on('close', resolve);
    env.onInterrupt(resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await manager.close();
  env.exit(0);
}
