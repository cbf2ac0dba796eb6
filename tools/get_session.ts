import { z } from 'zod';
import { limits } from '../src/core/limits.ts';
import { sessionSummaryShape, summaryReply } from './session-summary.ts';
import { operatorTool, READ_ONLY } from './tool.ts';

export const getSession = operatorTool({
  name: 'get_session',
  title: 'State of a session',
  description:
    'Where a session stands: task, stage, state, description, instructions, allowed tools, steps. While the state is not yet running, wait_s waits for it.',
  input: {
    session_id: z.string().max(100).optional().describe('Optional while exactly one session is open'),
    wait_s: z
      .number()
      .min(0)
      .max(limits.sessionWaitSecondsMax)
      .default(0)
      .describe('Seconds to wait for a session that is still being prepared'),
  },
  output: sessionSummaryShape,
  annotations: READ_ONLY,
  async handle(control, { session_id, wait_s }) {
    return summaryReply(await control.describe(session_id, wait_s * 1000));
  },
});
