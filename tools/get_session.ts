import { z } from 'zod';
import { sessionSummaryShape, summaryReply } from './session-summary.ts';
import { operatorTool, READ_ONLY } from './tool.ts';

export const getSession = operatorTool({
  name: 'get_session',
  title: 'State of a session',
  description: 'Where a session stands: task, stage, state, description, instructions, allowed tools, steps.',
  input: { session_id: z.string().max(100).optional().describe('Optional while exactly one session is open') },
  output: sessionSummaryShape,
  annotations: READ_ONLY,
  async handle(control, { session_id }) {
    return summaryReply(await control.describe(session_id));
  },
});
