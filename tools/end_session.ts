import { z } from 'zod';
import { operatorTool } from './tool.ts';

export const endSession = operatorTool({
  name: 'end_session',
  title: 'End a session',
  description: 'Ends a session and cleans up. One that has not submitted its answer ends as aborted.',
  input: { session_id: z.string().max(100).optional().describe('Optional while exactly one session is open') },
  output: { session_id: z.string(), outcome: z.string(), results: z.record(z.string(), z.unknown()) },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async handle(control, { session_id }) {
    const end = await control.end(session_id);
    return { text: JSON.stringify(end), structured: { ...end } };
  },
});
