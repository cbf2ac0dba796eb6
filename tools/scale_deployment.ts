import { z } from 'zod';
import { agentTool, CHANGES } from './tool.ts';

export const scaleDeployment = agentTool({
  name: 'scale_deployment',
  title: 'Scale a deployment',
  description: 'Sets the number of replicas of a Deployment.',
  input: {
    namespace: z.string().min(1).max(253).describe('Kubernetes namespace'),
    name: z.string().min(1).max(253).describe('Name of the Deployment'),
    replicas: z.number().int().min(0).max(100).describe('Wanted number of replicas'),
  },
  annotations: CHANGES,
  stages: ['mitigation'],
  async handle(view, args) {
    return { text: await view.scaleDeployment(args.namespace, args.name, args.replicas) };
  },
});
