import { z } from 'zod';
import { agentTool } from './tool.ts';

export const submit = agentTool({
  name: 'submit',
  title: 'Submit the answer',
  description:
    'Hands in the answer of the current stage and ends it. Detection: "Yes" or "No". Localization: a list of component names. Analysis: {"system_level": …, "fault_type": …}. Mitigation: null, the cluster itself is examined.',
  input: {
    solution: z
      .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown()), z.number(), z.boolean(), z.null()])
      .optional()
      .describe('The answer, in the form that the instructions name'),
  },
  output: {
    accepted: z.boolean(),
    next_stage: z.enum(['detection', 'localization', 'analysis', 'mitigation']).optional(),
    message: z.string(),
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async handle(view, { solution }) {
    const reply = await view.submit(solution ?? null);
    return { text: JSON.stringify(reply), structured: { ...reply } };
  },
});
