import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Tool } from '../../tools/tool.ts';
import type { Progress } from '../session/agent-view.ts';
import type { SessionManager } from '../session/manager.ts';
import { TASK_TYPES } from '../tasks/task.ts';
import { type Dispatcher, inputShape, type Offer } from './dispatch.ts';
import { completeIds, registerProblemResources, registerSessionResources } from './resources.ts';

export interface ServerOptions {
  version: string;
  dispatcher: Dispatcher;
  manager: SessionManager;
}

/** The MCP server: registers, translates, nothing else. Connecting it has no side effects. */
export function createMcpServer({ version, dispatcher, manager }: ServerOptions): McpServer {
  const { offer } = dispatcher;
  const server = new McpServer(
    { name: 'aiopslab-mcp', title: 'AIOpsLab', version },
    { instructions: instructions(offer), capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} } },
  );
  for (const tool of dispatcher.offered) registerTool(server, tool, offer.ownSession !== undefined);
  answerToolCalls(server, dispatcher);
  if (offer.ownSession === undefined) registerProblemResources(server, manager);
  registerSessionResources(server, dispatcher, manager);
  registerPrompts(server, offer, manager);
  return server;
}

function registerTool(server: McpServer, tool: Tool, ownSession: boolean): void {
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: z.strictObject(inputShape(tool, ownSession)),
      outputSchema: tool.output,
      annotations: { title: tool.title, ...tool.annotations },
    },
    // Calls are answered below, before the SDK's own parsing: errors then have one form.
    async () => ({ content: [] }),
  );
}

function answerToolCalls(server: McpServer, dispatcher: Dispatcher): void {
  server.server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const token = request.params._meta?.progressToken;
    let progress = 0;
    const report: Progress = (message) => {
      if (token === undefined) return;
      progress++;
      void extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken: token, progress, message },
      });
    };
    const reply = await dispatcher.call(request.params.name, request.params.arguments ?? {}, {
      signal: extra.signal,
      progress: report,
    });
    return {
      content: [{ type: 'text' as const, text: reply.text }],
      ...(reply.structured && !reply.isError ? { structuredContent: reply.structured } : {}),
      ...(reply.isError ? { isError: true } : {}),
    };
  });
}

function registerPrompts(server: McpServer, { ownSession, task: only }: Offer, manager: SessionManager): void {
  const offered = ownSession?.task ?? only;
  for (const task of offered === undefined ? TASK_TYPES : [offered]) {
    const ask = (id: string | undefined): string =>
      id === undefined
        ? 'Call the tool get_session, follow the instructions there, and submit your answer.'
        : `Call start_problem with problem_id ${id}. Then follow the description and instructions that it returns, and submit your answer.`;
    const message = (id: string | undefined) => ({
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: ask(id) } }],
    });
    const config = {
      title: `Work on ${task === 'incident' ? 'an' : 'a'} ${task} problem`,
      description: `Works through ${ownSession ? 'the session' : 'a problem'} of task type ${task}.`,
    };
    if (ownSession !== undefined) server.registerPrompt(task, config, () => message(undefined));
    else {
      const ids = (value: string | undefined): string[] =>
        completeIds(manager, value ?? '').filter((id) =>
          manager.listProblems().some((item) => item.id === id && item.task === task),
        );
      server.registerPrompt(
        task,
        { ...config, argsSchema: { problem_id: completable(z.string().describe('Id of the problem'), ids) } },
        ({ problem_id }) => message(problem_id),
      );
    }
  }
}

function instructions({ ownSession }: Offer): string {
  const open =
    ownSession === undefined
      ? 'Start an incident with start_problem (list_problems has the ids); it returns a session_id, a description and instructions.'
      : 'A session is already yours: get_session describes it.';
  return [
    'Operations drills on a simulated Kubernetes cluster.',
    open,
    'Investigate with get_logs, get_metrics, get_traces and exec_shell (kubectl, helm, curl).',
    'Tools refuse when the session’s task type does not allow them, and say which are allowed.',
    'End with submit.',
  ].join('\n');
}
