import { z } from 'zod';
import { agentTool, READ_ONLY } from './tool.ts';

export const readMetrics = agentTool({
  name: 'read_metrics',
  title: 'Read an exported metrics file',
  description: 'Prints a CSV file that get_metrics exported, as an aligned table.',
  input: { file_path: z.string().min(1).max(1024).describe('Path of the CSV file, as get_metrics printed it') },
  annotations: READ_ONLY,
  async handle(view, { file_path }) {
    return { text: await view.readMetrics(file_path) };
  },
});
