import { z } from 'zod';
import { agentTool, CHANGES } from './tool.ts';

export const restartDeployment = agentTool({
  name: 'restart_deployment',
  title: 'Restart a deployment',
  description: 'Restarts all pods of a Deployment by a rolling update, as kubectl rollout restart does.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace'),
    name: z.string().min(1).max(253).describe('Name of the Deployment'),
  },
  annotations: CHANGES,
  stages: ['mitigation'],
  async handle(view, args) {
    return { text: await view.restartDeployment(args.namespace, args.name) };
  },
});
