import { z } from 'zod';
import { agentTool, READ_ONLY } from './tool.ts';

export const getLogs = agentTool({
  name: 'get_logs',
  title: 'Container log of a service',
  description:
    'The log of the first pod of a service (by the service’s name, e.g. "frontend"), current container instance. Long logs are cut in the middle; use exec_shell with kubectl logs for other pods, earlier instances or filters.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace, e.g. test-hotel-reservation'),
    service: z.string().min(1).max(253).describe('Name of the service, e.g. frontend'),
  },
  annotations: READ_ONLY,
  async handle(view, { namespace, service }) {
    return { text: await view.getLogs(namespace, service) };
  },
});
