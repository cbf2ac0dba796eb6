import { z } from 'zod';
import { agentTool, CHANGES } from './tool.ts';

export const patchResource = agentTool({
  name: 'patch_resource',
  title: 'Patch an object',
  description:
    'Patches a Kubernetes object: an object is applied as strategic merge patch, a list as JSON patch. The answer is kubectl’s.',
  input: {
    namespace: z.string().max(253).describe('Kubernetes namespace; empty for cluster-scoped kinds'),
    kind: z.string().min(1).max(253).describe('Kind or resource name, e.g. deployment'),
    name: z.string().min(1).max(253).describe('Name of the object'),
    patch: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).describe('The patch'),
  },
  annotations: CHANGES,
  stages: ['mitigation'],
  async handle(view, args) {
    return { text: await view.patchResource(args.namespace, args.kind, args.name, args.patch) };
  },
});
