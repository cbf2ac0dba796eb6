import { z } from 'zod';
import { agentTool, CHANGES } from './tool.ts';

export const rollbackDeployment = agentTool({
  name: 'rollback_deployment',
  title: 'Roll a deployment back',
  description: 'Rolls a Deployment back to the previous or to a given revision, as kubectl rollout undo does.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace'),
    name: z.string().min(1).max(253).describe('Name of the Deployment'),
    revision: z.number().int().min(1).optional().describe('Revision to go back to; the previous one if absent'),
  },
  annotations: CHANGES,
  stages: ['mitigation'],
  async handle(view, args) {
    return { text: await view.rollbackDeployment(args.namespace, args.name, args.revision) };
  },
});
