import { z } from 'zod';
import * as registry from '../../tools/index.ts';
import type { AgentTool, CallContext, Tool, ToolReply } from '../../tools/tool.ts';
import { UserError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SessionManager } from '../session/manager.ts';
import { type Stage, stagesOf, type TaskType } from '../tasks/task.ts';
import { budget } from './output.ts';

/** All tools in the order of their names. */
export const tools: readonly Tool[] = Object.values(registry).sort((a, b) => (a.name < b.name ? -1 : 1));

export const agentTools = tools.filter((tool): tool is AgentTool => tool.audience === 'agent');

/** Whether a stage allows an agent tool. */
export function allows(name: string, stage: Stage): boolean {
  const tool = agentTools.find((item) => item.name === name);
  return tool !== undefined && (tool.stages === undefined || tool.stages.includes(stage));
}

const sessionId = z.string().max(100).optional().describe('Optional while exactly one session is open');

/** The input shape as clients see it: agent tools take a session_id, unless the server has a single session of its own. */
export function inputShape(tool: Tool, ownSession: boolean): z.ZodRawShape {
  return tool.audience === 'agent' && !ownSession ? { ...tool.input, session_id: sessionId } : tool.input;
}

/** What a server was started for. */
export interface Offer {
  /** `--problem`: the one session that all tools work on, started when it is first needed; there are no others. */
  ownSession?: { task: TaskType; id(): Promise<string> };
  /** `--task`: only problems and tools of that type. */
  task?: TaskType;
}

/** Turns tool calls into replies: the one place that checks arguments, sorts errors and cuts output. Never throws. */
export class Dispatcher {
  /** The tools that there are, for listing and for calling. */
  readonly offered: readonly Tool[];

  constructor(
    readonly manager: SessionManager,
    readonly log: Logger,
    readonly offer: Offer = {},
  ) {
    this.offered = tools.filter((tool) => isOffered(tool, offer));
    manager.useTools(
      agentTools.map((tool) => tool.name),
      allows,
    );
  }

  /** Id of the session that a resource or tool means: the named one, the server's own, or undefined for the only open one. */
  async sessionId(given?: string): Promise<string | undefined> {
    return given ?? (await this.offer.ownSession?.id());
  }

  async call(name: string, rawArgs: Record<string, unknown>, context: CallContext = {}): Promise<ToolReply> {
    const tool = this.offered.find((item) => item.name === name);
    if (!tool) {
      const shown = JSON.stringify(name.slice(0, 100));
      return failure(`there is no tool ${shown}; the tools are ${this.offered.map((item) => item.name).join(', ')}`);
    }
    try {
      const parsed = z.strictObject(inputShape(tool, false)).safeParse(rawArgs);
      if (!parsed.success) return failure(`${name}: ${readable(parsed.error)}`);
      return await this.#run(tool, parsed.data as Record<string, unknown>, context);
    } catch (error) {
      if (error instanceof UserError) return failure(error.hint ? `${error.message}. ${error.hint}` : error.message);
      if (context.signal?.aborted) return failure('cancelled');
      this.log.error({ tool: name, error: String(error), stack: (error as Error).stack }, 'a tool failed on our side');
      return failure('Internal error; the call had no effect that counts. Try again, or start a new session.');
    }
  }

  async #run(tool: Tool, args: Record<string, unknown>, context: CallContext): Promise<ToolReply> {
    const { session_id: given, ...own } = args;
    const id = await this.sessionId(given as string | undefined);
    if (tool.audience === 'operator') {
      return tool.handle(this.manager, { ...args, ...(id === undefined ? {} : { session_id: id }) } as never, context);
    }
    return this.manager.perform(id, tool.name, { args: own, signal: context.signal }, async (view) => {
      const answer = await tool.handle(view, own as never, context);
      return { ...answer, text: budget(answer.text, tool.name) };
    });
  }
}

function isOffered(tool: Tool, { ownSession, task }: Offer): boolean {
  if (tool.audience === 'operator') return ownSession === undefined || tool.name === 'get_session';
  const only = ownSession?.task ?? task;
  return only === undefined || stagesOf(only).some((stage) => allows(tool.name, stage));
}

function failure(text: string): ToolReply {
  return { text, isError: true };
}

/** A zod error as one line a model can act on. */
function readable(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message.slice(0, 300)}`)
    .join('; ');
}
