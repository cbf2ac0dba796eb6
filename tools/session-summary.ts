import { z } from 'zod';
import type { SessionSummary } from '../src/session/agent-view.ts';
import type { ToolReply } from './tool.ts';

/** Output schema of the tools that answer with a session's state. */
export const sessionSummaryShape = {
  session_id: z.string(),
  task: z.string(),
  stage: z.string(),
  state: z.string(),
  description: z.string(),
  instructions: z.string(),
  allowed_tools: z.array(z.string()),
  steps: z.number().int(),
  steps_left: z.number().int(),
  virtual_time: z.string(),
};

export function summaryReply(summary: SessionSummary): ToolReply {
  return { text: JSON.stringify(summary), structured: { ...summary } };
}
