import { z } from 'zod';
import { agentTool, READ_ONLY } from './tool.ts';

export const getMetrics = agentTool({
  name: 'get_metrics',
  title: 'Export container metrics',
  description:
    'Exports the container metrics (CPU, memory, network, throttling) of a namespace over the last minutes as CSV files, one per metric, into the agent’s file system, and lists them. Read a file with read_metrics or with exec_shell.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace'),
    duration: z.number().int().min(1).max(240).default(5).describe('Minutes to look back'),
  },
  annotations: { ...READ_ONLY, idempotentHint: false },
  async handle(view, { namespace, duration }) {
    return { text: await view.getMetrics(namespace, duration) };
  },
});
