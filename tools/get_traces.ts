import { z } from 'zod';
import { agentTool, READ_ONLY } from './tool.ts';

export const getTraces = agentTool({
  name: 'get_traces',
  title: 'Export traces',
  description:
    'Exports the traces that Jaeger holds of a namespace’s application over the last minutes as one CSV file (a row a span) into the agent’s file system. Read it with read_traces or with exec_shell.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace'),
    duration: z.number().int().min(1).max(240).default(5).describe('Minutes to look back'),
  },
  annotations: { ...READ_ONLY, idempotentHint: false },
  async handle(view, { namespace, duration }) {
    return { text: await view.getTraces(namespace, duration) };
  },
});
