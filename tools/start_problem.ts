import { z } from 'zod';
import { sessionSummaryShape, summaryReply } from './session-summary.ts';
import { operatorTool } from './tool.ts';

export const startProblem = operatorTool({
  name: 'start_problem',
  title: 'Start a problem',
  description:
    'Deploys the application on a fresh simulated cluster, lets it run healthily, brings the incident about and opens a session. Returns the session_id that the other tools take, the task and the instructions; if the state is not yet running, ask get_session with wait_s. The session lives until its answer is submitted, end_session, or this server ends.',
  input: {
    problem_id: z.string().min(1).max(200).describe('An id of list_problems'),
    seed: z
      .union([z.string().max(200), z.number().int()])
      .optional()
      .describe('The same seed gives the same run'),
  },
  output: sessionSummaryShape,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async handle(control, { problem_id, seed }, call) {
    const summary = await control.start({
      problemId: problem_id,
      seed: seed === undefined ? undefined : String(seed),
      signal: call.signal,
      progress: call.progress,
    });
    return summaryReply(summary);
  },
});
