import { z } from 'zod';
import * as registry from '../../tools/index.ts';
import type { AgentTool, CallContext, Tool, ToolReply } from '../../tools/tool.ts';
import { UserError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SessionManager } from '../session/manager.ts';
import type { Stage } from '../tasks/task.ts';
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

/** Turns tool calls into replies: the one place that checks arguments, sorts errors and cuts output. Never throws. */
export class Dispatcher {
  constructor(
    readonly manager: SessionManager,
    readonly log: Logger,
    /** The session that agent tools work on when the server started it itself. */
    readonly ownSession?: () => Promise<string>,
  ) {
    manager.useTools(
      agentTools.map((tool) => tool.name),
      allows,
    );
  }

  async call(name: string, rawArgs: Record<string, unknown>, context: CallContext = {}): Promise<ToolReply> {
    const tool = tools.find((item) => item.name === name);
    if (!tool)
      return failure(
        `there is no tool ${JSON.stringify(name)}; the tools are ${tools.map((item) => item.name).join(', ')}`,
      );
    const parsed = z.strictObject(inputShape(tool, false)).safeParse(rawArgs);
    if (!parsed.success) return failure(`${name}: ${readable(parsed.error)}`);
    try {
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
    const id = (given as string | undefined) ?? (await this.ownSession?.());
    if (tool.audience === 'operator') {
      return tool.handle(this.manager, (this.ownSession ? { ...own, session_id: id } : args) as never, context);
    }
    const reply = await this.manager.perform(id, tool.name, own, async (view) => {
      const answer = await tool.handle(view, own as never, context);
      return { ...answer, text: budget(answer.text, tool.name) };
    });
    return reply;
  }
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
