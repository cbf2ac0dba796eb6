import type { z } from 'zod';
import type { AgentView, Progress, SessionControl } from '../src/session/agent-view.ts';
import type { Stage } from '../src/tasks/task.ts';

/** What a tool answers. `structured` is given for small results only and says the same as `text`. */
export interface ToolReply {
  text: string;
  structured?: Record<string, unknown>;
  isError?: boolean;
}

/** MCP's hints; all four are always stated, because clients assume the worst of those left out. */
export interface Annotations {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

interface ToolBase<Input extends z.ZodRawShape> {
  name: string;
  title: string;
  description: string;
  input: Input;
  output?: z.ZodRawShape;
  annotations: Annotations;
}

export interface CallContext {
  signal?: AbortSignal;
  progress?: Progress;
}

/** A tool of the agent: works on one session. `stages` says when it is allowed; absent means always. */
export interface AgentTool<Input extends z.ZodRawShape = z.ZodRawShape> extends ToolBase<Input> {
  audience: 'agent';
  stages?: readonly Stage[];
  handle(view: AgentView, args: z.infer<z.ZodObject<Input>>, call: CallContext): Promise<ToolReply>;
}

/** A tool of whoever runs the drill. */
export interface OperatorTool<Input extends z.ZodRawShape = z.ZodRawShape> extends ToolBase<Input> {
  audience: 'operator';
  handle(control: SessionControl, args: z.infer<z.ZodObject<Input>>, call: CallContext): Promise<ToolReply>;
}

export type Tool = AgentTool | OperatorTool;

/** Types the handler's arguments by the tool's own schema. */
export function agentTool<Input extends z.ZodRawShape>(tool: Omit<AgentTool<Input>, 'audience'>): AgentTool {
  return { ...tool, audience: 'agent' } as unknown as AgentTool;
}

export function operatorTool<Input extends z.ZodRawShape>(tool: Omit<OperatorTool<Input>, 'audience'>): OperatorTool {
  return { ...tool, audience: 'operator' } as unknown as OperatorTool;
}

export const READ_ONLY: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** Changes the simulated cluster. */
export const CHANGES: Annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false,
};
