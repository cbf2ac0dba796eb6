import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Tool } from '../../tools/tool.ts';
import type { Progress } from '../session/agent-view.ts';
import type { SessionManager } from '../session/manager.ts';
import { stagesOf, TASK_TYPES, type TaskType } from '../tasks/task.ts';
import { allows, type Dispatcher, inputShape, tools } from './dispatch.ts';

export interface ServerOptions {
  version: string;
  dispatcher: Dispatcher;
  manager: SessionManager;
  /** `serve --problem`: one session, started by itself; the operator's tools, ids and lists are not offered. */
  ownTask?: TaskType;
  /** `serve --task`: only tools of that task type. */
  task?: TaskType;
}

/** The MCP server: registers, translates, nothing else. Connecting it has no side effects. */
export function createMcpServer(options: ServerOptions): McpServer {
  const { dispatcher, ownTask } = options;
  const server = new McpServer(
    { name: 'aiopslab-mcp', title: 'AIOpsLab', version: options.version },
    { instructions: instructions(ownTask), capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} } },
  );
  for (const tool of tools) {
    if (listed(tool, options)) registerTool(server, tool, ownTask !== undefined);
  }
  answerToolCalls(server, dispatcher);
  if (ownTask === undefined) registerOperatorResources(server, options.manager);
  registerSessionResources(server, options);
  registerPrompts(server, options);
  return server;
}

function listed(tool: Tool, { ownTask, task }: ServerOptions): boolean {
  if (tool.audience === 'operator') return ownTask === undefined || tool.name === 'get_session';
  const only = ownTask ?? task;
  return only === undefined || stagesOf(only).some((stage) => allows(tool.name, stage));
}

function registerTool(server: McpServer, tool: Tool, ownSession: boolean): void {
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: inputShape(tool, ownSession),
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

function text(uri: URL, value: string, mimeType = 'text/plain') {
  return { contents: [{ uri: uri.href, mimeType, text: value }] };
}

/** The list of problems and one resource for each, so that clients which cannot expand templates see them too. */
function registerOperatorResources(server: McpServer, manager: SessionManager): void {
  server.registerResource(
    'problems',
    'aiopslab://problems',
    { title: 'All problems', mimeType: 'application/json' },
    async (uri) => text(uri, JSON.stringify(manager.listProblems(), null, 2), 'application/json'),
  );
  const template = new ResourceTemplate('aiopslab://problems/{id}', {
    list: async () => ({
      resources: manager
        .listProblems()
        .map(({ id, task }) => ({ uri: `aiopslab://problems/${id}`, name: id, title: `${id} (${task})` })),
    }),
    complete: { id: (value) => completeIds(manager, value) },
  });
  server.registerResource(
    'problem',
    template,
    { title: 'One problem', mimeType: 'application/json' },
    async (uri, { id }) => {
      const problem = manager.listProblems().find((item) => item.id === id);
      return text(
        uri,
        JSON.stringify(problem ?? { error: `no problem has the id ${id}` }, null, 2),
        'application/json',
      );
    },
  );
}

function completeIds(manager: SessionManager, value: string): string[] {
  return manager
    .listProblems()
    .map((problem) => problem.id)
    .filter((id) => id.startsWith(value))
    .slice(0, 100);
}

/** What the current session says of itself; the same as get_session, for clients that attach resources. */
function registerSessionResources(server: McpServer, { dispatcher, manager }: ServerOptions): void {
  const current = async () => manager.describe(await dispatcher.ownSession?.());
  server.registerResource(
    'description',
    'aiopslab://session/description',
    { title: 'Description of the open session' },
    async (uri) => text(uri, (await current()).description),
  );
  server.registerResource(
    'instructions',
    'aiopslab://session/instructions',
    { title: 'How to work and answer' },
    async (uri) => text(uri, (await current()).instructions),
  );
  server.registerResource(
    'transcript',
    'aiopslab://session/transcript',
    { title: 'Transcript so far', mimeType: 'application/x-ndjson' },
    async (uri) => text(uri, manager.find(await dispatcher.ownSession?.()).transcriptText(), 'application/x-ndjson'),
  );
  server.registerResource(
    'result',
    'aiopslab://session/result',
    { title: 'Result of the last session', mimeType: 'application/json' },
    async (uri) =>
      text(uri, JSON.stringify(manager.find(await dispatcher.ownSession?.()).end(), null, 2), 'application/json'),
  );
}

function registerPrompts(server: McpServer, { manager, ownTask }: ServerOptions): void {
  for (const task of ownTask === undefined ? TASK_TYPES : [ownTask]) {
    const ask = (id: string | undefined): string =>
      id === undefined
        ? 'Call the tool get_session, follow the instructions there, and submit your answer.'
        : `Call start_problem with problem_id ${id}. Then follow the description and instructions that it returns, and submit your answer.`;
    const message = (id: string | undefined) => ({
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: ask(id) } }],
    });
    const config = {
      title: `Work on ${task === 'incident' ? 'an' : 'a'} ${task} problem`,
      description: `Starts and works through a problem of task type ${task}.`,
    };
    if (ownTask !== undefined) server.registerPrompt(task, config, () => message(undefined));
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

function instructions(ownTask: TaskType | undefined): string {
  const open =
    ownTask === undefined
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

/** Connects and resolves when the transport has closed. */
export async function serve(server: McpServer, transport: Transport): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
  });
  await server.connect(transport);
  await closed;
}
